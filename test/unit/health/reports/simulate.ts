import type { HealthDocument, Measurement } from "../../../../src/health/document.ts";
import { causeOf, createSamples, finished, record, type Answer, type Samples } from "../../../../src/health/samples.ts";
import { metrics, type Limit, type LimitKey } from "../../../../src/health/slo.ts";
import { quantile } from "../../../../src/health/statistics/statistics.ts";

type Random = () => number;
export type Check = HealthDocument["checks"][number];

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function lognormal(random: Random, medianMs: number, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return medianMs * Math.exp(sigma * normal);
}

const good: Answer = {
  cause: null,
  detail: "",
  requestId: null,
  latencyMs: 0,
  firstTokenMs: 0,
  bytes: 1_024,
  isCached: false,
  usage: null,
  stream: null,
};

/** Samples of a run whose requests are due by the clock; each probe takes its turn. */
export function simulate(
  run: { probes: readonly string[]; n: number; rate: number; seed: number; unfinished?: number },
  answer: (dueMs: number, random: Random, i: number) => Partial<Answer> & { latencyMs: number },
): Samples {
  const { probes, n, rate, seed, unfinished = 0 } = run;
  const random = seeded(seed);
  const samples = createSamples(
    probes,
    Uint16Array.from({ length: n }, (_, i) => i % probes.length),
  );
  samples.started = n;
  for (let i = 0; i < n; i++) {
    samples.dueMs[i] = (i * 1_000) / rate;
    samples.sendLagMs[i] = random() * 0.4;
    if (i >= n - unfinished) continue;
    const given = answer(samples.dueMs[i] ?? 0, random, i);
    record(samples, i, { ...good, firstTokenMs: given.latencyMs, ...given });
  }
  return samples;
}

export function limit(key: LimitKey, value: number, more: Partial<Limit> = {}): Limit {
  return { key, value, probe: null, whenUnproven: "inconclusive", level: "error", ...more };
}

export function check(
  { key, value, probe, level }: Limit,
  found: Partial<Check> & Pick<Check, "actual" | "verdict">,
): Check {
  const { name, unit } = metrics[key];
  return { name, unit, limit: value, probe, level, interval: [null, null], n: 1_200, more: null, text: "", ...found };
}

const unknown = { p50: null, p95: null };

const nothing: Measurement = {
  requests: 0,
  errors: 0,
  errorRate: null,
  throughputPerSecond: null,
  offeredPerSecond: null,
  goodput: null,
  latencyMs: { p50: null, p95: null, p99: null, max: null },
  firstTokenMs: unknown,
  coldStartMs: null,
  cacheHits: 0,
  bytes: 0,
  sendLagMs: { p99: 0 },
  eventLoopDelayMs: { p99: 0 },
  stream: null,
  cost: null,
  errorsByCause: {},
};

function at(sorted: Float64Array, q: number): number | null {
  const value = quantile(sorted, q);
  return Number.isFinite(value) ? value : null;
}

export function measured(samples: Samples, sentMs: number, more: Partial<Measurement> = {}): Measurement {
  const all = finished(samples);
  const bad = all.filter((i) => causeOf(samples, i) !== null);
  const waits = (values: Float64Array): Float64Array =>
    Float64Array.from(all, (i) => (causeOf(samples, i) === null ? (values[i] ?? 0) : Infinity)).toSorted();
  const [latency, first] = [waits(samples.latencyMs), waits(samples.firstTokenMs)];
  const errorsByCause: Measurement["errorsByCause"] = {};
  for (const [cause, { text, requestId }] of samples.firstFailure) {
    const count = bad.filter((i) => causeOf(samples, i) === cause).length;
    errorsByCause[cause] = { count, first: text, requestId };
  }
  return {
    ...nothing,
    requests: all.length,
    errors: bad.length,
    errorRate: bad.length / all.length,
    throughputPerSecond: ((all.length - bad.length) * 1_000) / sentMs,
    offeredPerSecond: (samples.started * 1_000) / sentMs,
    goodput: 0.93,
    latencyMs: {
      p50: at(latency, 0.5),
      p95: at(latency, 0.95),
      p99: at(latency, 0.99),
      max: Math.max(...all.map((i) => samples.latencyMs[i] ?? 0)),
    },
    firstTokenMs: { p50: at(first, 0.5), p95: at(first, 0.95) },
    coldStartMs: 612.3,
    cacheHits: samples.cacheHits,
    bytes: samples.bytes,
    sendLagMs: { p99: 0.38 },
    eventLoopDelayMs: { p99: 2.1 },
    errorsByCause,
    ...more,
  };
}

export const document: HealthDocument = {
  version: 1,
  url: "https://app-git-main-acme.vercel.app",
  verdict: "pass",
  buildId: "3f9c2a1d",
  modelId: "use-lite",
  load: null,
  measurement: nothing,
  checks: [],
  probes: [{ name: "embeddings", method: "POST", path: "/api/embeddings" }],
  remedies: [],
  warnings: [],
};

export const open = {
  kind: "open",
  ratePerSecond: 110,
  concurrency: null,
  rampMs: 0,
  timeoutMs: 10_000,
  sentMs: 10_909,
  ended: "decided",
} as const;
