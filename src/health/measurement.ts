import type { CostFigures, LoadFigures, Measurement } from "./document.ts";
import { evidenceOf, type RunFacts } from "./evidence.ts";
import type { Run } from "./measure.ts";
import type { Load } from "./plan.ts";
import type { Runner } from "./runner.ts";
import { causeOf, finished, type Samples } from "./samples.ts";
import type { Limit } from "./slo.ts";
import { finiteOrNull, quantile } from "./statistics/statistics.ts";
import { streamFigures } from "./requests/stream.ts";

/** Sums up a run for the document. */
export function measurementOf(
  samples: Samples,
  facts: RunFacts,
  runner: Runner,
  limits: readonly Limit[],
  cost: CostFigures | null,
): Measurement {
  const evidence = evidenceOf(samples, null, facts);
  const errors = evidence.n - evidence.good;
  const latency = (q: number): number | null => finiteOrNull(quantile(evidence.ascending.latencyMs, q));
  const firstToken = (q: number): number | null => finiteOrNull(quantile(evidence.ascending.firstTokenMs, q));
  return {
    requests: evidence.n,
    errors,
    errorRate: finiteOrNull(errors / evidence.n),
    throughputPerSecond: evidence.n === 0 ? null : (finiteOrNull(evidence.throughputPerSecond) ?? 0),
    offeredPerSecond: evidence.n === 0 ? null : facts.ratePerSecond,
    goodput: goodput(samples, limits),
    latencyMs: { p50: latency(0.5), p95: latency(0.95), p99: latency(0.99), max: finiteOrNull(evidence.longestMs) },
    firstTokenMs: { p50: firstToken(0.5), p95: firstToken(0.95) },
    coldStartMs: evidence.coldStartMs,
    cacheHits: samples.cacheHits,
    bytes: samples.bytes,
    sendLagMs: { p99: runner.sendLagP99Ms },
    eventLoopDelayMs: { p99: runner.eventLoopDelayP99Ms },
    stream: streamFigures(samples.streams),
    cost,
    errorsByCause: errorsByCause(samples),
  };
}

/** How the run was sent; null when none was. */
export function loadFigures({ pace, timeoutMs }: Load, { samples, sentMs, ended }: Run): LoadFigures | null {
  if (samples.started === 0) return null;
  const isOpen = pace.kind === "open";
  return {
    kind: pace.kind,
    ratePerSecond: isOpen ? pace.ratePerSecond : null,
    concurrency: isOpen ? null : pace.concurrency,
    rampMs: isOpen ? pace.rampMs : 0,
    timeoutMs,
    sentMs,
    ended,
  };
}

/** Whether a single request keeps a limit; the limits on p50 and p99 say nothing about one. */
function keeps(samples: Samples, i: number, { key, value, probe }: Limit): boolean {
  if (probe !== null && samples.probes[samples.probe[i] ?? 0] !== probe) return true;
  if (key === "firstTokenMs") return (samples.firstTokenMs[i] ?? 0) < value;
  return (samples.latencyMs[i] ?? 0) < value;
}

const ofOneRequest: ReadonlySet<Limit["key"]> = new Set(["p95Ms", "maxMs", "firstTokenMs"]);

/** Share of the requests that were good and within every limit on a request's time; null without such a limit or requests. */
function goodput(samples: Samples, limits: readonly Limit[]): number | null {
  const timed = limits.filter(({ key }) => ofOneRequest.has(key));
  const all = finished(samples);
  if (timed.length === 0 || all.length === 0) return null;
  const kept = all.filter((i) => causeOf(samples, i) === null && timed.every((limit) => keeps(samples, i, limit)));
  return kept.length / all.length;
}

function errorsByCause(samples: Samples): Measurement["errorsByCause"] {
  const byCause: Measurement["errorsByCause"] = {};
  for (const i of finished(samples)) {
    const cause = causeOf(samples, i);
    if (cause === null) continue;
    const failure = samples.firstFailure.get(cause);
    byCause[cause] ??= { count: 0, first: failure?.text ?? "", requestId: failure?.requestId ?? null };
    byCause[cause].count++;
  }
  return byCause;
}
