import { burstLength } from "./statistics/episodes.ts";
import { causeOf, finished, type Samples, type Usage } from "./samples.ts";
import { quantile } from "./statistics/statistics.ts";

/** What one group of requests shows: all that judging needs. Times in ms. */
export interface Evidence {
  /** Requests with an outcome. */
  n: number;
  /** Requests the run had room for. */
  planned: number;
  good: number;
  /** In the order they were due. An error is Infinity: whoever got it is still waiting for the answer. */
  latencyMs: Float64Array;
  firstTokenMs: Float64Array;
  /** The longest anyone waited, for an answer or for an error. NaN without requests. */
  longestMs: number;
  /** The first request, alone; null when it failed. */
  coldStartMs: number | null;
  /** null for a closed loop, which offers as much as is taken. */
  offeredPerSecond: number | null;
  /** Good answers in each whole second of the sending window, moved by the median latency. */
  goodPerSecond: readonly number[];
  /** Good answers a second; NaN without any. */
  throughputPerSecond: number;
  /** How long requests were sent. */
  windowMs: number;
  usages: readonly Usage[];
}

/** What the samples of a run do not say. */
export interface RunFacts {
  /** null for a closed loop. */
  ratePerSecond: number | null;
  sentMs: number;
  coldStartMs: number | null;
}

/** Gathers the requests of one probe, or (null) of all. */
export function evidenceOf(samples: Samples, probe: number | null, facts: RunFacts): Evidence {
  const all = finished(samples, probe);
  const good = all.filter((i) => causeOf(samples, i) === null);
  const planned = probe === null ? samples.probe.length : samples.probe.filter((each) => each === probe).length;
  const share = planned / samples.probe.length;
  return {
    n: all.length,
    planned,
    good: good.length,
    latencyMs: waits(samples, all, samples.latencyMs),
    firstTokenMs: waits(samples, all, samples.firstTokenMs),
    longestMs: all.reduce(
      (longest, i) => Math.max(longest, samples.latencyMs[i] ?? 0),
      all.length === 0 ? Number.NaN : 0,
    ),
    coldStartMs: facts.coldStartMs,
    offeredPerSecond: facts.ratePerSecond === null ? null : facts.ratePerSecond * share,
    ...throughput(samples, good, facts.sentMs),
    windowMs: facts.sentMs,
    usages: samples.usages.filter((used) => probe === null || used.probe === probe).map(({ usage }) => usage),
  };
}

/** Ascending, errors last. */
export function ascending(values: Float64Array): Float64Array {
  return values.toSorted();
}

/** How many are at or over the limit, and in how long bursts they came. */
export function slowAmong(inOrder: Float64Array, limitMs: number): { bad: number; burst: number } {
  const slow = Array.from(inOrder, (ms) => ms >= limitMs);
  return { bad: slow.filter(Boolean).length, burst: burstLength(slow) };
}

function waits(samples: Samples, indices: readonly number[], values: Float64Array): Float64Array {
  return Float64Array.from(indices, (i) => (causeOf(samples, i) === null ? (values[i] ?? Number.NaN) : Infinity));
}

/**
 * Good answers by when they came: those of the sending window, moved by the median latency, over its length. Counting all
 * that came in the end would credit a server that answers half the rate and builds a queue; counting up to the last answer
 * would punish one slow answer.
 */
function throughput(
  samples: Samples,
  good: readonly number[],
  sentMs: number,
): Pick<Evidence, "throughputPerSecond" | "goodPerSecond"> {
  if (good.length === 0) return { throughputPerSecond: Number.NaN, goodPerSecond: [] };
  const from = quantile(Float64Array.from(good, (i) => samples.latencyMs[i] ?? 0).toSorted(), 0.5);
  const came = good
    .map((i) => (samples.dueMs[i] ?? 0) + (samples.latencyMs[i] ?? 0) - from)
    .filter((at) => at >= 0 && at <= sentMs);
  const goodPerSecond = Array.from({ length: Math.floor(sentMs / 1_000) }, () => 0);
  for (const at of came) {
    const second = Math.floor(at / 1_000);
    if (second < goodPerSecond.length) goodPerSecond[second] = (goodPerSecond[second] ?? 0) + 1;
  }
  return { throughputPerSecond: (came.length * 1_000) / sentMs, goodPerSecond };
}
