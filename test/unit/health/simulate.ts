// Runs whose truth is known, judged as the engine judges them: for the tests and for bench/calibration.ts.
import { burstLengthAt } from "../../../src/health/statistics/episodes.ts";
import { judgeShare } from "../../../src/health/statistics/sequential.ts";
import type { Verdict } from "../../../src/health/statistics/statistics.ts";

/** How bad requests come. */
export interface Traffic {
  /** The true share of bad requests. */
  share: number;
  /** Bad requests in a burst; 1: independent ones. */
  burst: number;
  /** Within a burst only every second request is bad, by chance: one of two instances freezes. */
  isInterleaved?: boolean;
}

/** How a run is judged. Counts of requests. */
export interface Judging {
  /** The claim is "the share of bad requests is below this". */
  limit: number;
  /** The run ends undecided after that many. */
  most: number;
  /** A look after that many, and that many again. */
  every: number;
  /** No verdict before that many; a result for each. */
  from: readonly number[];
  isCorrected: boolean;
}

export interface Result {
  verdict: Verdict;
  n: number;
  bad: number;
}

/** Mulberry32: the same numbers from 0 to 1 in every run. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The numbers of the bad ones of n requests, ascending. The run starts anywhere, also within a burst. */
export function badRequests(
  { share, burst, isInterleaved = false }: Traffic,
  n: number,
  random: () => number,
): number[] {
  const badAt: number[] = [];
  const span = isInterleaved ? 2 * burst : burst;
  const meanGap = burst === 1 ? (1 - share) / share : burst / share - span;
  // Gaps have no memory, so a few bursts before the start make any start as likely as any other.
  let at = burst === 1 ? 0 : -Math.round(5 * (span + meanGap));
  while (at < n) {
    at += Math.floor(Math.log(1 - random()) / Math.log1p(-1 / (meanGap + 1)));
    for (const end = Math.min(n, at + span); at < end; at++) {
      if (at >= 0 && (!isInterleaved || random() < 0.5)) badAt.push(at);
    }
  }
  return badAt;
}

/** Looks at one run again and again with the product's own functions, until it has a verdict for each `from`. */
function judgeRun(allBadAt: readonly number[], judging: Judging): Result[] {
  const { limit, most, every, from, isCorrected } = judging;
  const results: (Result | undefined)[] = from.map(() => undefined);
  const badAt: number[] = [];
  for (let n = every; n <= most && results.includes(undefined); n += every) {
    while ((allBadAt[badAt.length] ?? Infinity) < n) badAt.push(allBadAt[badAt.length] ?? Infinity);
    if (n < Math.min(...from)) continue;
    const burst = isCorrected ? burstLengthAt(badAt, n) : 1;
    const verdict = judgeShare({ bad: badAt.length, n, limit, burst, failures: 1 });
    if (verdict === "inconclusive") continue;
    for (const [i, first] of from.entries()) if (n >= first) results[i] ??= { verdict, n, bad: badAt.length };
  }
  return results.map((result) => result ?? { verdict: "inconclusive", n: most, bad: badAt.length });
}

/** The same with many runs; for each `from` the results of all. */
export function judgeRuns(traffic: Traffic, judging: Judging, runs: number, seed: number): Result[][] {
  const random = seeded(seed);
  const all = judging.from.map((): Result[] => []);
  for (let run = 0; run < runs; run++) {
    const results = judgeRun(badRequests(traffic, judging.most, random), judging);
    for (const [i, result] of results.entries()) all[i]?.push(result);
  }
  return all;
}

/** The share of the results with the verdict. */
export function rate(results: readonly Result[], verdict: Verdict): number {
  return results.filter((result) => result.verdict === verdict).length / results.length;
}
