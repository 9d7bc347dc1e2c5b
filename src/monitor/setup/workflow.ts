import { createHash } from "node:crypto";
import type { Config } from "../../config/schema.ts";
import type { TargetName } from "../../config/words.ts";
import { monitorSettings } from "../settings.ts";

/** Where GitHub looks for it, below the root of the repository. */
export const MONITOR_WORKFLOW = ".github/workflows/edge-ai-monitor.yml";

/** missing: there is none. stale: as an older version wrote it. edited: not, or no longer, as we write it. */
export type FileState = "missing" | "current" | "stale" | "edited";

/** All that varies between the workflows of two projects. */
export interface MonitorWorkflow {
  target: TargetName;
  /** What is watched when it is not production of the target. */
  url: string | null;
  everyMinutes: number;
  secrets: readonly string[];
  variables: readonly string[];
}

/** What `monitor` reads from the environment on each platform. */
const environments: Record<TargetName, { secrets: readonly string[]; variables: readonly string[] }> = {
  vercel: {
    secrets: ["VERCEL_TOKEN", "VERCEL_AUTOMATION_BYPASS_SECRET"],
    variables: ["VERCEL_ORG_ID", "VERCEL_PROJECT_ID"],
  },
  cloudflare: { secrets: ["CLOUDFLARE_API_TOKEN"], variables: ["CLOUDFLARE_ACCOUNT_ID"] },
  local: { secrets: [], variables: [] },
};

/** Divisors of an hour, so that a cron keeps its distance; GitHub's shortest is five minutes. */
const INTERVALS_MINUTES = [30, 20, 15, 10, 5] as const;
const MINUTE_MS = 60_000;
const HOURS_PER_MONTH = 730;

/** What the workflow of a project has to be. Three runs fall into a window: fewer samples would decide nothing. */
export function planWorkflow(config: Config, target: TargetName, url: string | null): MonitorWorkflow {
  const { windowMs, notifiers } = monitorSettings(config);
  const ofNotifiers = notifiers.flatMap((each) =>
    each.kind === "webhook" ? [each.urlEnv, ...(each.secretEnv === undefined ? [] : [each.secretEnv])] : [],
  );
  const ofProbes = [...JSON.stringify(config.probes).matchAll(/\{\{env\.([A-Za-z_]\w*)\}\}/g)].map(
    ([, name = ""]) => name,
  );
  const { secrets, variables } = environments[target];
  return {
    target,
    url,
    everyMinutes: INTERVALS_MINUTES.find((minutes) => minutes * MINUTE_MS * 3 <= windowMs) ?? 5,
    secrets: [...new Set([...secrets, ...ofNotifiers, ...ofProbes])],
    variables,
  };
}

/** The whole file: the template with what varies filled in, under a line that lets us notice edits. */
export function workflowText(template: string, workflow: MonitorWorkflow): string {
  const { target, url, everyMinutes, secrets, variables } = workflow;
  const env = [
    ...secrets.map((name) => `${name}: \${{ secrets.${name} }}`),
    ...variables.map((name) => `${name}: \${{ vars.${name} }}`),
    ...(url === null ? [] : [`WATCHED_URL: ${JSON.stringify(url)}`]),
  ];
  const body = template
    .replace("TITLE", () => url ?? `production on ${target}`)
    .replaceAll("EVERY_MINUTES", String(everyMinutes))
    .replace("RUNS_A_MONTH", String((HOURS_PER_MONTH * 60) / everyMinutes))
    .replace("SECRET_NAMES", secrets.join(", ") || "none")
    .replace("VARIABLE_NAMES", variables.join(", ") || "none")
    .replace(/^ {10}WATCH_ENV: ""\n/m, () => env.map((line) => `          ${line}\n`).join(""))
    .replace("TARGET_NAME", () => (url === null ? target : `${target} --url "$WATCHED_URL"`));
  return `# ${ORIGIN} sha256 of the lines below: ${sha256(body)}\n${body}`;
}

const ORIGIN = "Written by `edge-ai monitor --setup`, which will not write over it once it is edited;";
const HASH_LINE = /^# Written by `edge-ai monitor --setup`.* sha256 of the lines below: ([0-9a-f]{64})\n/;

/** What the file on disk is, compared with what would be written. */
export function stateOf(found: string | null, wanted: string): FileState {
  if (found === null) return "missing";
  // git may check text out with CRLF on Windows.
  const text = found.replaceAll("\r\n", "\n");
  if (text === wanted) return "current";
  const [line, hash] = HASH_LINE.exec(text) ?? [];
  return line !== undefined && sha256(text.slice(line.length)) === hash ? "stale" : "edited";
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
