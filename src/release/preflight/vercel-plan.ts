import { settingsOf } from "../../build/functions.ts";
import type { Problem } from "./check.ts";
import type { Project } from "./project.ts";

/**
 * Longest duration of a function under Fluid compute, in seconds, and how many regions it may have:
 * https://vercel.com/docs/functions/limitations (2026-06-19) and /configuring-functions/duration (2026-08-24).
 */
const limits: Readonly<Record<string, { seconds: number; betaSeconds: number; regions: number; failover: boolean }>> = {
  hobby: { seconds: 300, betaSeconds: 300, regions: 1, failover: false },
  pro: { seconds: 800, betaSeconds: 1_800, regions: Infinity, failover: false },
  enterprise: { seconds: 800, betaSeconds: 1_800, regions: Infinity, failover: true },
};

/** What vercel.json asks for and the plan does not have: the build passes, and Vercel refuses the deployment. */
export function planProblems(
  { vercelJson, functions }: Pick<Project, "vercelJson" | "functions">,
  plan: string | null,
): Problem[] {
  const limit = limits[plan ?? ""];
  if (limit === undefined || vercelJson === null) return [];
  return functions.flatMap((file) => {
    const {
      maxDuration,
      regions = vercelJson.regions ?? [],
      functionFailoverRegions: failover = vercelJson.functionFailoverRegions,
    } = settingsOf(file, vercelJson);
    const problems: Problem[] = [];
    const add = (level: Problem["level"], what: string, hint: string): void =>
      void problems.push({ level, message: `${file}: ${what} (plan: ${plan})`, hint });
    if (typeof maxDuration === "number" && maxDuration > limit.betaSeconds)
      add(
        "error",
        `maxDuration ${maxDuration} s is over ${limit.betaSeconds} s`,
        `set "maxDuration": ${limit.seconds} in vercel.json`,
      );
    else if (typeof maxDuration === "number" && maxDuration > limit.seconds)
      add(
        "warning",
        `maxDuration ${maxDuration} s is over ${limit.seconds} s, which is a beta`,
        `set "maxDuration": ${limit.seconds}`,
      );
    if (regions.length > limit.regions)
      add(
        "error",
        `${regions.length} regions, and ${limit.regions} is possible`,
        `keep one region: "regions": ["${regions[0]}"]`,
      );
    if (failover !== undefined && failover.length > 0 && !limit.failover)
      add("error", "functionFailoverRegions needs the Enterprise plan", "remove it from vercel.json");
    return problems;
  });
}
