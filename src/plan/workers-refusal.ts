import type { Task } from "../config/words.ts";
import { platforms } from "../data/platforms.ts";
import { CliError, type ErrorCode } from "../errors.ts";
import { formatBytes } from "./format.ts";
import { planModel } from "./plan.ts";

/** What there is instead of a model inside a Worker, in one line for a hint. */
const INSTEAD =
  "--mode hybrid (an endpoint of your own), --mode external (a provider, or Workers AI: --model @cf/…), " +
  "or --target vercel or local";

/** Rules that say what the platform cannot do, whatever was asked of the app. */
const PLATFORM_RULES: ReadonlySet<string> = new Set(["native-code", "bundle-bytes", "memory-bytes", "start-up"]);

interface LocalApp {
  model: string | undefined;
  task: Task;
  params?: number | undefined;
}

/**
 * Why an app whose model runs inside the function cannot run on Workers: every rule that says no, with its numbers.
 * @returns an error to throw
 */
export function workersRefusal(app: LocalApp, code: ErrorCode): CliError {
  const why = `${app.task} in local mode cannot run on ${platforms.cloudflare.title}: ${failedRules(app).join("; ")}`;
  return new CliError(code, why, { hint: `take ${INSTEAD}` });
}

function failedRules({ model, task, params }: LocalApp): string[] {
  try {
    const { reasons } = planModel({ model, task, params, mode: "local", target: "cloudflare" });
    const failed = reasons.filter(({ passed, rule }) => passed === false && PLATFORM_RULES.has(rule));
    return failed.map(({ rule, text }) => (rule === "native-code" ? text.replace(/: take .*/, "") : text));
  } catch (error) {
    // Nobody knows how large it is; the platform's limits hold all the same.
    if (!(error instanceof CliError)) throw error;
    const { maxMemoryMb, bundleBytes } = platforms.cloudflare;
    return [`there is no native code, ${maxMemoryMb.value} MB of memory and ${formatBytes(bundleBytes.value)} of code`];
  }
}
