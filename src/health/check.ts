import type { Dispatcher } from "undici";
import { wasAnswered } from "./causes.ts";
import { measurementOf, type HealthDocument } from "./document.ts";
import { openPool } from "./exchange.ts";
import { figure } from "./figures.ts";
import { identify } from "./identify.ts";
import { wrongBuild, type App, type Identity, type Refusal } from "./identity.ts";
import { judge, overall, type Check } from "./judge.ts";
import type { HealthPlan } from "./plan.ts";
import { measureColdStart, measureLoad, warmUp, type Target } from "./measure.ts";
import { unfitReason, type Runner } from "./runner.ts";
import { causeOf, createSamples, finished, type Samples } from "./samples.ts";
import { millisecondLimits } from "./slo.ts";
import { judgeShare } from "./statistics.ts";

export type { HealthDocument } from "./document.ts";

export interface HealthOptions extends HealthPlan {
  /** Only its origin counts. */
  url: string;
  /** Sent with every request; never part of the document. */
  headers?: Readonly<Record<string, string>>;
  /** The build id that has to answer. */
  expectBuild?: string;
  /** How long to wait at most until the app answers; 30 s. */
  waitMs?: number;
  /** Stops sending at once; what was measured until then is in the document, as inconclusive. */
  signal?: AbortSignal;
  /** Told a line now and then. */
  onProgress?: (line: string) => void;
}

/** Vercel and Cloudflare have a new deployment up within seconds; a function may take its time to start. */
const WAIT_MS = 30_000;

/**
 * Checks one URL: who answers, its cold start, then a run of requests judged against the limits, once, at its end
 * (judging after every batch would let 15–29 % of bad apps pass instead of 5 %).
 * Never rejects because of the target: what it does wrong is in the document.
 */
export async function checkHealth(options: HealthOptions): Promise<HealthDocument> {
  const pool = openPool(new URL(options.url).origin, options.load.maxInFlight);
  // Ends everything under way, so that no request leaves after the signal.
  const stop = (): void => void pool.destroy();
  options.signal?.addEventListener("abort", stop, { once: true });
  try {
    return await check(pool, options);
  } finally {
    options.signal?.removeEventListener("abort", stop);
    await pool.destroy();
  }
}

async function check(pool: Dispatcher, options: HealthOptions): Promise<HealthDocument> {
  const { headers = {}, load, signal, waitMs = WAIT_MS, onProgress = () => undefined } = options;
  const isStopped = (): boolean => signal?.aborted === true;
  if (isStopped()) return conclude(options, noRun);
  onProgress(`waiting for ${options.url}`);
  const identity = await identify(pool, { headers, timeoutMs: load.timeoutMs, waitMs, signal });
  if (isStopped()) return conclude(options, noRun);
  const { app, refusal, warnings } = admit(identity, options);
  if (refusal !== null) return conclude(options, { ...noRun, app, refusal });

  const target: Target = { pool, headers, probes: options.probes, load, firstNumber: Date.now(), signal };
  const coldStart = await measureColdStart(target);
  const warm = coldStart.failure === null ? await warmUp(target) : [coldStart.failure];
  if (isStopped()) return conclude(options, { ...noRun, app, coldStartMs: coldStart.ms });
  onProgress(`sending ${load.requests} requests at ${figure(load.ratePerSecond, "1/s")}`);
  const run = await measureLoad(target, (n) => onProgress(`${n} of ${load.requests} answered`));
  return conclude(options, {
    ...noRun,
    ...run,
    app,
    coldStartMs: coldStart.ms,
    warnings: [...warnings, ...warm],
  });
}

interface Outcome {
  app: App | null;
  /** Why nothing was measured, if it was decided so. */
  refusal: Refusal | null;
  coldStartMs: number | null;
  samples: Samples;
  runner: Runner;
  warnings: string[];
}

const noRun: Outcome = {
  app: null,
  refusal: null,
  coldStartMs: null,
  samples: createSamples(1, new Uint16Array()),
  runner: { sendLagP99Ms: 0, eventLoopDelayP99Ms: 0 },
  warnings: [],
};

/** Decides whether what answered may be measured. */
function admit(
  identity: Identity,
  { needsHealthDocument, expectBuild }: HealthOptions,
): { app: App | null; refusal: Refusal | null; warnings: string[] } {
  const app = identity.kind === "app" ? identity.app : null;
  if (identity.kind === "refusal" && (needsHealthDocument || !identity.refusal.routeOnly)) {
    return { app, refusal: identity.refusal, warnings: [] };
  }
  const refusal = expectBuild === undefined ? null : wrongBuild(app, expectBuild);
  return { app, refusal, warnings: identity.kind === "refusal" ? [identity.refusal.message] : [] };
}

/** Puts everything into the document. */
function conclude(options: HealthOptions, outcome: Outcome): HealthDocument {
  const { app, coldStartMs, samples, runner, warnings } = outcome;
  const checks = samples.started === 0 ? [] : judge(samples, options.limits, options.probes);
  return {
    version: 1,
    url: new URL(options.url).origin,
    ...decide(options, outcome, checks),
    buildId: app?.buildId ?? null,
    modelId: app?.modelId ?? null,
    measurement: measurementOf(samples, coldStartMs, runner),
    checks,
    warnings,
  };
}

/** A slow measuring machine can be blamed for late and missing answers, never for a 500 that came. */
function answersAloneFail({ limits }: HealthOptions, samples: Samples): boolean {
  const limit = limits.find(({ key, probe }) => key === "errorRate" && probe === null);
  const causes = finished(samples).map((i) => causeOf(samples, i));
  const bad = causes.filter((cause) => cause !== null && wasAnswered(cause)).length;
  return limit !== undefined && judgeShare(bad, causes.length, limit.value) === "fail";
}

type Decision = Pick<HealthDocument, "verdict" | "cause" | "message" | "hint">;

/** The verdict is the checks', unless there was no run or it is worth nothing. */
function decide(options: HealthOptions, { refusal, samples, runner }: Outcome, checks: readonly Check[]): Decision {
  if (options.signal?.aborted === true) {
    return { verdict: "inconclusive", cause: "interrupted", message: "stopped by a signal before the end" };
  }
  if (refusal !== null) {
    const { cause, message, hint } = refusal;
    return { verdict: "fail", cause, message, hint };
  }
  const unfit = unfitReason(runner, millisecondLimits(options.limits));
  if (unfit !== null && !answersAloneFail(options, samples)) {
    const hint = "measure again on a quieter machine, or at a lower --rate";
    return { verdict: "inconclusive", cause: "unfit-runner", message: unfit, hint };
  }
  const verdict = overall(checks);
  return { verdict, hint: verdict === "inconclusive" ? hintFor(checks, samples) : undefined };
}

function hintFor(checks: readonly Check[], samples: Samples): string | undefined {
  const more = Math.max(0, ...checks.filter(({ level }) => level === "fail").map(({ more: missing }) => missing ?? 0));
  return more === 0 ? undefined : `send more: --max-requests ${samples.started + more}`;
}
