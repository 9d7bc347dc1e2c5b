import { causeOf, finished, type Samples } from "./samples.ts";
import { quantile } from "./statistics.ts";

/** What one group of requests shows: all that judging needs. Times in ms. */
export interface Evidence {
  /** Requests with an outcome. */
  n: number;
  /** Requests the run had room for. */
  planned: number;
  good: number;
  /** Ascending. An error ranks above every limit: whoever got it is still waiting for the answer. */
  latencyMs: Float64Array;
  firstTokenMs: Float64Array;
  /** The longest anyone waited, for an answer or for an error. NaN without requests. */
  longestMs: number;
  offeredPerSecond: number;
  /** Good answers a second; NaN without any. */
  throughputPerSecond: number;
  /** How long requests were sent. */
  windowMs: number;
}

/** Gathers the requests of one probe, or (null) of all. */
export function evidenceOf(samples: Samples, probe: number | null): Evidence {
  const all = finished(samples, probe);
  const good = all.filter((i) => causeOf(samples, i) === null);
  const planned = probe === null ? samples.probe.length : samples.probe.filter((each) => each === probe).length;
  const waits = ascending(samples.latencyMs, all);
  return {
    n: all.length,
    planned,
    good: good.length,
    latencyMs: withErrors(ascending(samples.latencyMs, good), all.length),
    firstTokenMs: withErrors(ascending(samples.firstTokenMs, good), all.length),
    longestMs: waits.at(-1) ?? Number.NaN,
    offeredPerSecond: (samples.ratePerSecond * planned) / samples.probe.length,
    throughputPerSecond: throughput(samples, good),
    windowMs: windowMs(samples),
  };
}

/**
 * Good answers a second, by when they came: those of the sending window, moved by the median latency, over its length.
 * Counting all that came in the end would credit a server that answers half the rate and builds a queue; counting up to
 * the last answer would punish one slow answer.
 */
function throughput(samples: Samples, good: readonly number[]): number {
  if (good.length === 0) return Number.NaN;
  const from = quantile(ascending(samples.latencyMs, good), 0.5);
  const to = from + windowMs(samples);
  const came = good.filter((i) => {
    const at = (i * 1_000) / samples.ratePerSecond + (samples.latencyMs[i] ?? 0);
    return at >= from && at <= to;
  });
  return (came.length * 1_000) / windowMs(samples);
}

function windowMs(samples: Samples): number {
  return (samples.started * 1_000) / samples.ratePerSecond;
}

function ascending(values: Float64Array, indices: readonly number[]): Float64Array {
  return Float64Array.from(indices, (i) => values[i] ?? Number.NaN).toSorted();
}

function withErrors(sorted: Float64Array, n: number): Float64Array {
  const all = new Float64Array(n).fill(Infinity);
  all.set(sorted);
  return all;
}
