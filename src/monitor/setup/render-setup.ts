import type { Made } from "./make-setup.ts";
import { isLeft, type SetupPlan } from "./plan-setup.ts";
import type { FileState } from "./workflow.ts";

const workflowWords: Record<FileState, string> = {
  missing: "will be written",
  stale: "was written by an older version, and will be written anew",
  current: "is there",
  edited: "was edited, and is left as it is; remove it to have it written anew",
};

/** What would be made: the workflow, and every command that would run. */
export function renderPlan(plan: SetupPlan): string {
  const { target, workflow, alertRules } = plan;
  const { file, state, everyMinutes, secrets } = workflow;
  return [
    `${file} ${workflowWords[state]}`,
    `  edge-ai monitor --once, every ${everyMinutes} minutes; state is kept in the cache of GitHub Actions`,
    `  secrets for GitHub: ${secrets.length === 0 ? "none" : secrets.join(", ")}`,
    ...alertRules.rules.flatMap((rule) => [
      `alert rule "${rule.name}" ${rule.state === "exists" ? "is there" : `will be made: Vercel tells about ${rule.about}`}`,
      ...(rule.state === "exists" ? [] : [`  ${rule.command}`, `  ${rule.bodyFile}: ${JSON.stringify(rule.body)}`]),
    ]),
    ...platformLines(target, alertRules.missing),
    ...(isLeft(plan) ? ["Nothing is made yet: edge-ai monitor --setup --yes makes it."] : []),
  ].join("\n");
}

/** What was made. */
export function renderMade(
  { file, state }: { file: string; state: FileState | "written" },
  { rules }: Made,
  { target, alertRules }: SetupPlan,
): string {
  const words = { made: "is made", exists: "was there", failed: "could not be made" } as const;
  return [
    `${file} ${state === "written" ? "is written: commit it; its first lines say which secrets GitHub needs" : workflowWords[state]}`,
    ...rules.flatMap(({ name, state: now, why }) => [
      `alert rule "${name}" ${words[now]}`,
      ...(why === undefined ? [] : why.split("\n").map((line) => `  ${line}`)),
    ]),
    ...platformLines(target, alertRules.missing),
  ].join("\n");
}

function platformLines(target: SetupPlan["target"], missing: string | null): string[] {
  if (missing !== null) return [`Vercel's own alert rules are not made: ${missing}`];
  return target === "cloudflare"
    ? ["Cloudflare's own alerts are made in its dashboard: wrangler has no command for them"]
    : [];
}
