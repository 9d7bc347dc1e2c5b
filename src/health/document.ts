import type { ErrorCause } from "./causes.ts";
import { evidenceOf } from "./evidence.ts";
import type { RefusalCause } from "./identity.ts";
import type { Check } from "./judge.ts";
import type { Runner } from "./runner.ts";
import { causeOf, finished, type Samples } from "./samples.ts";
import { finiteOrNull, quantile, type Verdict } from "./statistics.ts";

/** What `healthcheck --json` prints. A number that is not known is null, never 0 and never NaN. */
export interface HealthDocument {
  version: 1;
  url: string;
  verdict: Verdict;
  /** Why nothing could be judged by the checks; absent when the checks made the verdict. */
  cause?: RefusalCause | "unfit-runner" | "interrupted";
  /** The cause in a sentence, and what to do about it. */
  message?: string;
  hint?: string;
  buildId: string | null;
  modelId: string | null;
  measurement: Measurement;
  checks: Check[];
  warnings: string[];
}

/** What the measured requests showed. Cold start and warm-up are not among them. Times in ms, from when each was due. */
export interface Measurement {
  requests: number;
  errors: number;
  /** A fraction. */
  errorRate: number | null;
  /** Good answers a second. */
  throughputPerSecond: number | null;
  offeredPerSecond: number | null;
  /** Over all requests; errors rank last, so a percentile that falls among them is null. `max` is the longest wait of all. */
  latencyMs: Record<"p50" | "p95" | "p99" | "max", number | null>;
  firstTokenMs: Record<"p50" | "p95", number | null>;
  /** The first request to the probe's route after the app answered, alone. */
  coldStartMs: number | null;
  sendLagMs: { p99: number };
  eventLoopDelayMs: { p99: number };
  errorsByCause: Partial<Record<ErrorCause, { count: number; first: string }>>;
}

/** Sums up a run. */
export function measurementOf(samples: Samples, coldStartMs: number | null, runner: Runner): Measurement {
  const evidence = evidenceOf(samples, null);
  const errors = evidence.n - evidence.good;
  const latency = (q: number): number | null => finiteOrNull(quantile(evidence.latencyMs, q));
  const firstToken = (q: number): number | null => finiteOrNull(quantile(evidence.firstTokenMs, q));
  return {
    requests: evidence.n,
    errors,
    errorRate: finiteOrNull(errors / evidence.n),
    throughputPerSecond: evidence.n === 0 ? null : (finiteOrNull(evidence.throughputPerSecond) ?? 0),
    offeredPerSecond: evidence.n === 0 ? null : samples.ratePerSecond,
    latencyMs: { p50: latency(0.5), p95: latency(0.95), p99: latency(0.99), max: finiteOrNull(evidence.longestMs) },
    firstTokenMs: { p50: firstToken(0.5), p95: firstToken(0.95) },
    coldStartMs,
    sendLagMs: { p99: runner.sendLagP99Ms },
    eventLoopDelayMs: { p99: runner.eventLoopDelayP99Ms },
    errorsByCause: errorsByCause(samples),
  };
}

function errorsByCause(samples: Samples): Measurement["errorsByCause"] {
  const byCause: Measurement["errorsByCause"] = {};
  for (const i of finished(samples)) {
    const cause = causeOf(samples, i);
    if (cause === null) continue;
    byCause[cause] ??= { count: 0, first: samples.firstFailure.get(cause) ?? "" };
    byCause[cause].count++;
  }
  return byCause;
}
