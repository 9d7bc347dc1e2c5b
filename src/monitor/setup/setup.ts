import { readConfig } from "../../config/read.ts";
import type { TargetName } from "../../config/words.ts";
import { CliError } from "../../errors.ts";
import { answer, canAsk, say, type Io } from "../../io.ts";
import { askYesNo } from "../../prompts.ts";
import { makeSetup, type Made } from "./make-setup.ts";
import { isLeft, planSetup, type SetupPlan } from "./plan-setup.ts";
import { renderMade, renderPlan } from "./render-setup.ts";

export interface SetupOptions {
  target?: TargetName | undefined;
  /** What to watch instead of production of the target. */
  url?: string | undefined;
  yes?: boolean | undefined;
  json?: boolean | undefined;
}

/** What `monitor --setup --json` prints. */
interface SetupDocument {
  version: 1;
  target: TargetName;
  made: boolean;
  workflow: { file: string; state: SetupPlan["workflow"]["state"] | "written"; everyMinutes: number };
  alertRules: {
    name: string;
    about: string;
    state: "missing" | "exists" | "made" | "failed";
    command: string;
    why?: string;
  }[];
  /** Why nothing is known of the platform's own alert rules; null when it is known, or the platform has none. */
  alertRulesMissing: string | null;
  warnings: string[];
}

/**
 * `edge-ai monitor --setup`: shows what it would make, and makes it with --yes or when a person says so.
 * @returns 0 when all of it is there, 1 when something is not
 */
export async function setupMonitor(io: Io, options: SetupOptions): Promise<number> {
  const config = await readConfig(io.cwd);
  const target = options.target ?? config.target;
  if (target === "local") throw nothingToWatch(options.url);
  const plan = await planSetup(io, { config, target, url: options.url ?? null });
  for (const warning of plan.warnings) say(io, `warning: ${warning}`);
  const asks = options.yes !== true && options.json !== true && canAsk(io) && isLeft(plan);
  if (asks) say(io, renderPlan(plan));
  const goes =
    isLeft(plan) && (options.yes === true || (asks && (await askYesNo(io, { message: "Make this?", flag: "--yes" }))));
  const made = goes ? await makeSetup(io, plan) : null;
  const document = documentOf(plan, made);
  answer(
    io,
    options.json === true ? document : made === null ? renderPlan(plan) : renderMade(document.workflow, made, plan),
  );
  return isWhole(document) ? 0 : 1;
}

function documentOf(plan: SetupPlan, made: Made | null): SetupDocument {
  const { file, state, everyMinutes } = plan.workflow;
  return {
    version: 1,
    target: plan.target,
    made: made !== null,
    workflow: { file, state: made?.workflow === "written" ? "written" : state, everyMinutes },
    alertRules: plan.alertRules.rules.map(({ name, about, state: before, command }) => {
      const done = made?.rules.find((each) => each.name === name);
      return { name, about, state: done?.state ?? before, command, ...(done?.why !== undefined && { why: done.why }) };
    }),
    alertRulesMissing: plan.alertRules.missing,
    warnings: plan.warnings,
  };
}

/** An edited workflow is its owner's: it is left as it is, and nothing is missing. */
function isWhole({ workflow, alertRules, alertRulesMissing }: SetupDocument): boolean {
  return (
    workflow.state !== "missing" &&
    workflow.state !== "stale" &&
    alertRulesMissing === null &&
    alertRules.every(({ state }) => state === "exists" || state === "made")
  );
}

function nothingToWatch(url: string | undefined): CliError {
  const hint =
    url === undefined ? "edge-ai monitor watches it from here" : "give --target vercel or --target cloudflare";
  return new CliError("NO_TARGET", "GitHub cannot reach the local target, which runs on this machine", { hint });
}
