import type { Dispatcher } from "undici";
import { conclude, noRun, type Prevented } from "./conclude.ts";
import type { RunFigures } from "./statistics/compare.ts";
import type { HealthDocument } from "./document.ts";
import { openPool } from "./requests/exchange.ts";
import { figure } from "./figures.ts";
import { identify } from "./identify.ts";
import { pause } from "./load.ts";
import { wrongBuild, type App, type Identity, type Refusal } from "./identity.ts";
import { measureColdStarts, measureLoad, warmUp, type Target } from "./measure.ts";
import type { HealthPlan } from "./plan.ts";
import { estimateCost, loadPrices } from "./price.ts";
import { createSpend } from "./spend.ts";
import type { Samples } from "./samples.ts";
import type { Limit } from "./slo.ts";

export type { HealthDocument } from "./document.ts";

export interface HealthOptions extends HealthPlan {
  /** Only its origin counts. */
  url: string;
  /** Sent with every request; never part of the document. */
  headers?: Readonly<Record<string, string>>;
  /** The build id that has to answer. */
  expectBuild?: string;
  /** How long another build may go on answering before it counts; 0. */
  oldBuildMs?: number;
  /** An earlier run of the same load: the new one must not be worse by more than `tolerance`, a fraction. */
  baseline?: { name: string; figures: RunFigures; tolerance: number };
  /** For what the measured cost would be in a month. */
  monthlyRequests?: number;
  /** The command that measures the same again, for advice that adds a flag to it. */
  again?: string;
  /** How long to wait at most until the app answers; 30 s. */
  waitMs?: number;
  /** Stops sending at once; what was measured until then is in the document, as inconclusive. */
  signal?: AbortSignal;
  /** Told a line now and then. */
  onProgress?: (line: string) => void;
}

/** A health check with the requests it stands on. */
export interface HealthResult {
  document: HealthDocument;
  /** Without requests when nothing was measured. */
  samples: Samples;
  limits: readonly Limit[];
  /** The run it was compared with. */
  baseline?: RunFigures;
}

/** Vercel and Cloudflare have a new deployment up within seconds; a function may take its time to start. */
const WAIT_MS = 30_000;
const ASK_AGAIN_MS = 500;

/** As measureHealth, for who needs no more than the document. */
export async function checkHealth(options: HealthOptions): Promise<HealthDocument> {
  return (await measureHealth(options)).document;
}

/**
 * Checks one URL: who answers, its cold start, then a run of requests that lasts until every limit has its verdict or the
 * load has reached its bounds.
 * Never rejects because of the target: what it does wrong is in the document.
 * @throws CliError BAD_CONFIG when a probe's JSON schema is not one
 */
export async function measureHealth(options: HealthOptions): Promise<HealthResult> {
  const pool = openPool(new URL(options.url).origin, options.load.maxInFlight);
  // Ends everything under way, so that no request leaves after the signal.
  const stop = (): void => void pool.destroy();
  options.signal?.addEventListener("abort", stop, { once: true });
  try {
    return await measure(pool, options);
  } finally {
    options.signal?.removeEventListener("abort", stop);
    await pool.destroy();
  }
}

async function measure(pool: Dispatcher, options: HealthOptions): Promise<HealthResult> {
  const { headers = {}, signal, waitMs = WAIT_MS, onProgress = () => undefined } = options;
  const isStopped = (): boolean => signal?.aborted === true;
  if (isStopped()) return conclude(options, noRun);
  onProgress(`waiting for ${options.url}`);
  const identity = await identifyBuild(pool, options, { headers, timeoutMs: options.load.timeoutMs, waitMs, signal });
  if (isStopped()) return conclude(options, noRun);
  const { app, refusal, warnings } = admit(identity, options);
  if (refusal !== null) return conclude(options, { ...noRun, app, refusal });

  const { load, costWarnings } = await priced(options, app);
  const spend = createSpend(load);
  if (spend.isReached()) return conclude(options, { ...noRun, app, refusal: notOneRequest(load) });
  const firstNumber = Date.now();
  const target: Target = {
    pool,
    headers,
    probes: options.probes,
    load,
    firstNumber,
    signal,
    spend,
    traffic: { bytes: 0 },
  };
  const { ms: coldStartsMs, failures } = await measureColdStarts(target);
  const warm = failures.length === 0 ? await warmUp(target) : failures;
  if (isStopped()) return conclude(options, { ...noRun, app, coldStartsMs });
  onProgress(announce(load));
  const run = await measureLoad(target, options.limits, coldStartsMs, (n) => onProgress(`${n} answered`));
  return conclude(options, {
    ...noRun,
    run,
    app,
    coldStartsMs,
    warnings: [...warnings, ...costWarnings, ...warm],
  });
}

function notOneRequest({ maxCostUsd, estimatedUsdPerRequest }: HealthPlan["load"]): Prevented {
  return {
    cause: "max-cost",
    message: `one request may cost $${estimatedUsdPerRequest}, and the check at most $${maxCostUsd}`,
    hint: "raise --max-cost, or let the probe ask for less (max_tokens)",
  };
}

/** Asks who answers; while it is another build than the expected one, again, for as long as that may take. */
async function identifyBuild(
  pool: Dispatcher,
  { expectBuild, oldBuildMs = 0 }: HealthOptions,
  asking: Parameters<typeof identify>[1],
): Promise<Identity> {
  const endMs = performance.now() + oldBuildMs;
  for (;;) {
    const identity = await identify(pool, asking);
    const isOther = expectBuild !== undefined && identity.kind === "app" && identity.app.buildId !== expectBuild;
    if (!isOther || asking.signal?.aborted === true || performance.now() + ASK_AGAIN_MS > endMs) return identity;
    await pause(ASK_AGAIN_MS, asking.signal);
  }
}

/** Paid routes: says what the run may cost before it sends, and holds it to that. */
async function priced(
  { load, probes, isPaid, app: project, onProgress = () => undefined }: HealthOptions,
  app: App | null,
): Promise<{ load: HealthPlan["load"]; costWarnings: string[] }> {
  if (!isPaid && load.maxCostUsd === null) return { load, costWarnings: [] };
  await loadPrices();
  const { usd, text } = estimateCost(probes, load.requests, app?.modelId ?? null);
  onProgress(text);
  // Of a route that is only known by its URL, nobody knows that it costs anything.
  const isUnknown = usd === null && project !== null;
  return {
    load: { ...load, estimatedUsdPerRequest: usd === null ? null : usd / load.requests },
    costWarnings: isUnknown ? [`${text}: --max-cost can only count what the answers say they used`] : [],
  };
}

function announce({ pace, requests, durationMs }: HealthPlan["load"]): string {
  const most = durationMs === null ? `${requests} requests` : `${Math.round(durationMs / 1_000)} s`;
  return pace.kind === "open"
    ? `sending ${figure(pace.ratePerSecond, "1/s")} for up to ${most}`
    : `sending over ${pace.concurrency} connections for up to ${most}`;
}

/** Decides whether what answered may be measured. */
function admit(
  identity: Identity,
  { needsHealthDocument, expectBuild }: HealthOptions,
): { app: App | null; refusal: Refusal | null; warnings: string[] } {
  const app = identity.kind === "app" ? identity.app : null;
  if (identity.kind === "refusal" && (needsHealthDocument || !identity.refusal.routeOnly)) {
    return { app, refusal: identity.refusal, warnings: [] };
  }
  const warning = identity.kind === "app" ? identity.warning : identity.refusal.message;
  const refusal = expectBuild === undefined ? null : wrongBuild(app, expectBuild, warning);
  return { app, refusal, warnings: warning === null ? [] : [warning] };
}
