import { figuresOf } from "./baseline.ts";
import type { HealthOptions, HealthResult } from "./check.ts";
import type { Check, Comparison, HealthDocument } from "./document.ts";
import type { App, Refusal } from "./identity.ts";
import { judge, overall } from "./judge.ts";
import { paceFacts, type Run } from "./measure.ts";
import { loadFigures, measurementOf } from "./measurement.ts";
import type { HealthPlan } from "./plan.ts";
import { costFigures } from "./price.ts";
import { remediesFor } from "./remedies/remedies.ts";
import { hintFor } from "./remedies/settle.ts";
import { wasAnswered } from "./requests/causes.ts";
import { unfitReason } from "./runner.ts";
import { causeOf, createSamples, finished, type Samples } from "./samples.ts";
import { millisecondLimits } from "./slo.ts";
import { compareRuns } from "./statistics/compare.ts";
import { judgeShare } from "./statistics/sequential.ts";

/** Why a check that costs too much sends nothing. */
export type Prevented = Pick<HealthDocument, "cause" | "message" | "hint">;

/** What came of a check, before anything is judged. */
export interface Outcome {
  app: App | null;
  /** Why nothing was measured, if it was decided so. */
  refusal: Refusal | Prevented | null;
  coldStartsMs: readonly (number | null)[];
  run: Run;
  warnings: string[];
}

/** Nothing was sent. */
export const noRun: Outcome = {
  app: null,
  refusal: null,
  coldStartsMs: [],
  run: {
    samples: createSamples([], new Uint16Array()),
    runner: { sendLagP99Ms: 0, eventLoopDelayP99Ms: 0 },
    sentMs: 0,
    ended: "interrupted",
  },
  warnings: [],
};

/** Judges what was measured, and puts everything into the document. */
export function conclude(options: HealthOptions, outcome: Outcome): HealthResult {
  const { limits, load } = options;
  const { app, coldStartsMs, run, warnings } = outcome;
  const { samples, runner, sentMs } = run;
  const facts = { ...paceFacts(load), sentMs, coldStartsMs };
  const checks = samples.started === 0 ? [] : judge(samples, limits, facts);
  const comparison = comparisonOf(options, samples);
  const usages = samples.usages.map(({ usage }) => usage);
  const cost = costFigures(usages, { monthlyRequests: options.monthlyRequests });
  const document: HealthDocument = {
    version: 1,
    url: new URL(options.url).origin,
    ...decide(options, outcome, checks, comparison),
    buildId: app?.buildId ?? null,
    modelId: app?.modelId ?? null,
    probes: options.probes.map(({ name, method, path }) => ({ name, method, path })),
    load: loadFigures(load, run),
    measurement: measurementOf(samples, facts, runner, limits, cost),
    checks,
    ...(comparison !== undefined && { comparison }),
    remedies: [],
    warnings: [...warnings, ...cacheWarning(samples)],
  };
  return {
    document: {
      ...document,
      hint: document.hint ?? hintFor(document),
      remedies: remediesFor(document, options.app, options.again),
    },
    samples,
    limits,
    ...(options.baseline !== undefined && { baseline: options.baseline.figures }),
  };
}

function comparisonOf({ baseline }: HealthOptions, samples: Samples): Comparison | undefined {
  if (baseline === undefined || samples.started === 0) return undefined;
  const { name, figures, tolerance } = baseline;
  return { baseline: name, tolerance, checks: compareRuns(figures, figuresOf(samples), tolerance) };
}

function cacheWarning({ cacheHits, started }: Samples): string[] {
  return cacheHits === 0
    ? []
    : [`${cacheHits} of ${started} answers came from a cache: they say nothing about the function`];
}

/** A slow measuring machine can be blamed for late and missing answers, never for a 500 that came. */
function answersAloneFail({ limits }: HealthOptions, samples: Samples): boolean {
  const limit = limits.find(({ key, probe, level }) => key === "errorRate" && probe === null && level === "error");
  const causes = finished(samples).map((i) => causeOf(samples, i));
  const bad = causes.filter((cause) => cause !== null && wasAnswered(cause)).length;
  if (limit === undefined) return false;
  return judgeShare({ bad, n: causes.length, limit: limit.value, burst: 1, failures: 1 }) === "fail";
}

/** One request that this machine could not send is one too many: the app was never asked. */
function withoutSockets({ firstFailure }: Samples): string | null {
  const failure = firstFailure.get("no-socket");
  return failure === undefined ? null : `this machine ran out of files or ports (${failure.text})`;
}

/** The cold start and the warm-up alone have reached a bound. */
function stoppedAtOnce(ended: Run["ended"], { maxCostUsd, maxBytes }: HealthPlan["load"]): Decision {
  const spent = "the cold start and the warm-up left nothing of it";
  if (ended === "max-cost") {
    const message = `the check may cost $${maxCostUsd} at most: ${spent}`;
    return { verdict: "inconclusive", cause: "max-cost", message, hint: "raise --max-cost" };
  }
  const message = `the check may receive ${maxBytes} bytes at most: ${spent}`;
  return { verdict: "inconclusive", message, hint: "raise --max-bytes" };
}

type Decision = Pick<HealthDocument, "verdict" | "cause" | "message" | "hint">;

/** The verdict is the checks', unless there was no run or it is worth nothing. */
function decide(
  options: HealthOptions,
  { refusal, run: { samples, runner, ended } }: Outcome,
  checks: readonly Check[],
  comparison: Comparison | undefined,
): Decision {
  if (options.signal?.aborted === true) {
    return { verdict: "inconclusive", cause: "interrupted", message: "stopped by a signal before the end" };
  }
  if (refusal !== null) {
    const { cause, message, hint } = refusal;
    return { verdict: cause === "max-cost" ? "inconclusive" : "fail", cause, message, hint };
  }
  if (samples.started === 0) return stoppedAtOnce(ended, options.load);
  const unfit = withoutSockets(samples) ?? unfitReason(runner, millisecondLimits(options.limits));
  if (unfit !== null && !answersAloneFail(options, samples)) {
    const hint = "measure again on a quieter machine";
    return { verdict: "inconclusive", cause: "unfit-runner", message: unfit, hint };
  }
  const compared = (comparison?.checks ?? []).map(({ verdict }) => ({ verdict, level: "error" as const }));
  // What would settle it can only be said of the whole document: see conclude.
  return { verdict: overall([...checks, ...compared]), hint: undefined };
}
