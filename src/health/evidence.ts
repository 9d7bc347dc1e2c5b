import { burstLengthAt } from "./statistics/episodes.ts";
import { causeOf, isAmong, type Samples, type Usage } from "./samples.ts";
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
  /** The same, the shortest first. */
  ascending: { latencyMs: Float64Array; firstTokenMs: Float64Array };
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
  /** How long requests were sent at the full rate. */
  windowMs: number;
  usages: readonly Usage[];
  /** Streamed answers of the whole run. */
  streams: number;
}

/** What the samples of a run do not say. */
export interface RunFacts {
  /** null for a closed loop. */
  ratePerSecond: number | null;
  /** The time in which a ramp climbs is no measure of a rate. */
  rampMs: number;
  sentMs: number;
  /** Of each probe; null where it failed. */
  coldStartsMs: readonly (number | null)[];
}

/** Gathers the requests of one probe, or (null) of all. */
export function evidenceOf(samples: Samples, probe: number | null, facts: RunFacts): Evidence {
  const waits = waitsOf(samples, probe);
  const planned = probe === null ? samples.probe.length : samples.probe.filter((each) => each === probe).length;
  const share = planned / samples.probe.length;
  return {
    ...waits,
    planned,
    ascending: { latencyMs: waits.latencyMs.toSorted(), firstTokenMs: waits.firstTokenMs.toSorted() },
    coldStartMs: coldStartOf(facts.coldStartsMs, probe),
    offeredPerSecond: facts.ratePerSecond === null ? null : facts.ratePerSecond * share,
    ...throughput(samples, probe, facts),
    windowMs: Math.max(0, facts.sentMs - facts.rampMs),
    streams: samples.streams.length,
    usages: samples.usages.filter((used) => probe === null || used.probe === probe).map(({ usage }) => usage),
  };
}

/** One pass without an array of indices: a run has up to 100,000 requests, and is judged while it is sent. */
function waitsOf(
  samples: Samples,
  probe: number | null,
): Pick<Evidence, "n" | "good" | "longestMs" | "latencyMs" | "firstTokenMs"> {
  const latencyMs = new Float64Array(samples.started);
  const firstTokenMs = new Float64Array(samples.started);
  let [n, good, longestMs] = [0, 0, 0];
  for (let i = 0; i < samples.started; i++) {
    if (!isAmong(samples, i, probe)) continue;
    const waited = samples.latencyMs[i] ?? Number.NaN;
    const isGood = causeOf(samples, i) === null;
    latencyMs[n] = isGood ? waited : Infinity;
    firstTokenMs[n] = isGood ? (samples.firstTokenMs[i] ?? Number.NaN) : Infinity;
    longestMs = Math.max(longestMs, waited);
    n++;
    if (isGood) good++;
  }
  return {
    n,
    good,
    longestMs: n === 0 ? Number.NaN : longestMs,
    latencyMs: latencyMs.subarray(0, n),
    firstTokenMs: firstTokenMs.subarray(0, n),
  };
}

/** How many are at or over the limit, and in how long bursts they came. */
export function slowAmong(inOrder: Float64Array, limitMs: number): { bad: number; burst: number } {
  const slowAt: number[] = [];
  for (let i = 0; i < inOrder.length; i++) if ((inOrder[i] ?? 0) >= limitMs) slowAt.push(i);
  return { bad: slowAt.length, burst: burstLengthAt(slowAt, inOrder.length) };
}

/** The longest of all, since a release waits for it; of one probe its own. null when one that is asked for is not known. */
function coldStartOf(coldStartsMs: readonly (number | null)[], probe: number | null): number | null {
  const asked = probe === null ? coldStartsMs : coldStartsMs.slice(probe, probe + 1);
  const known = asked.filter((ms) => ms !== null);
  return known.length < asked.length || known.length === 0 ? null : Math.max(...known);
}

/**
 * Good answers by when they came: those of the sending window, moved by the median latency, over its length. Counting all
 * that came in the end would credit a server that answers half the rate and builds a queue; counting up to the last answer
 * would punish one slow answer.
 */
function throughput(
  samples: Samples,
  probe: number | null,
  { rampMs, sentMs }: RunFacts,
): Pick<Evidence, "throughputPerSecond" | "goodPerSecond"> {
  const windowMs = sentMs - rampMs;
  const good: number[] = [];
  for (let i = 0; i < samples.started; i++)
    if (isAmong(samples, i, probe) && causeOf(samples, i) === null) good.push(i);
  if (good.length === 0 || windowMs <= 0) return { throughputPerSecond: Number.NaN, goodPerSecond: [] };
  const from = quantile(Float64Array.from(good, (i) => samples.latencyMs[i] ?? 0).toSorted(), 0.5);
  const goodPerSecond = Array.from({ length: Math.floor(windowMs / 1_000) }, () => 0);
  let came = 0;
  for (const i of good) {
    const at = (samples.dueMs[i] ?? 0) + (samples.latencyMs[i] ?? 0) - from - rampMs;
    if (at < 0 || at > windowMs) continue;
    came++;
    const second = Math.floor(at / 1_000);
    if (second < goodPerSecond.length) goodPerSecond[second] = (goodPerSecond[second] ?? 0) + 1;
  }
  return { throughputPerSecond: (came * 1_000) / windowMs, goodPerSecond };
}
