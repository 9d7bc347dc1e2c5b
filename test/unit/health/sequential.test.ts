import { describe, expect, test } from "vitest";
import { judgeShare, requestsNeeded } from "../../../src/health/statistics/sequential.ts";
import type { Verdict } from "../../../src/health/statistics/statistics.ts";
import { sequentialMean } from "../../../src/health/statistics/sequential-mean.ts";
import { judgeRuns, rate, seeded, type Traffic } from "./simulate.ts";

const alone = { burst: 1, failures: 1 };

describe("judgeShare", () => {
  test.each([
    // Too few, just enough, and one bad one among them: p95, then errors < 1 %.
    [0, 0, 0.05, "inconclusive"],
    [0, 20, 0.05, "inconclusive"],
    [0, 69, 0.05, "inconclusive"],
    [0, 70, 0.05, "pass"],
    [1, 70, 0.05, "inconclusive"],
    [1, 134, 0.05, "pass"],
    [0, 352, 0.01, "inconclusive"],
    [0, 353, 0.01, "pass"],
    // Broken: at once.
    [1, 1, 0.05, "inconclusive"],
    [3, 3, 0.05, "fail"],
    [20, 20, 0.05, "fail"],
    [2, 2, 0.01, "fail"],
    [25, 100, 0.05, "fail"],
    // Exactly at the limit nothing is proven, however long.
    [5_000, 100_000, 0.05, "inconclusive"],
    [1_000, 100_000, 0.01, "inconclusive"],
    [4_500, 100_000, 0.05, "pass"],
    [5_500, 100_000, 0.05, "fail"],
    // p50
    [0, 5, 0.5, "inconclusive"],
    [0, 6, 0.5, "pass"],
    [60, 60, 0.5, "fail"],
    // Limits that allow none or all.
    [0, 1_000, 0, "inconclusive"],
    [1, 1_000, 0, "fail"],
    [10, 1_000, 1, "pass"],
    [0, 0, 1, "inconclusive"],
    [10, 10, 1, "inconclusive"],
  ])("%i bad of %i against %f: %s", (bad, n, limit, verdict) => {
    expect(judgeShare({ bad, n, limit, ...alone })).toBe(verdict);
  });

  test("a fail needs more evidence when more limits could fail the run, a pass does not", () => {
    expect([verdictOf(4, 8, 1), verdictOf(4, 8, 8), verdictOf(5, 10, 8)]).toEqual(["fail", "inconclusive", "fail"]);
    expect(verdictOf(0, 70, 8)).toBe("pass");
  });

  test.each([
    // 5 bursts of 10 are expected in 1,000 requests at 5 %.
    ["no pass before five bursts are expected", 1, 980, "inconclusive"],
    ["a pass when they are and few came", 1, 1_000, "pass"],
    ["no fail with four bursts", 40, 100, "inconclusive"],
    ["a fail with six", 60, 200, "fail"],
  ])("bursts: %s", (_, bad, n, verdict) => {
    expect(judgeShare({ bad, n, limit: 0.05, burst: 10, failures: 1 })).toBe(verdict);
  });

  test("a service that breaks and stays broken fails, although it is a single burst", () => {
    expect(judgeShare({ bad: 600, n: 1_100, limit: 0.05, burst: 600, failures: 4 })).toBe("fail");
    expect(judgeShare({ bad: 500, n: 1_100, limit: 0.05, burst: 500, failures: 4 })).toBe("inconclusive");
    // For p90 the same is not that unlikely.
    expect(judgeShare({ bad: 600, n: 1_100, limit: 0.1, burst: 600, failures: 4 })).toBe("inconclusive");
  });
});

describe("requestsNeeded", () => {
  test.each([
    ["p50", 0.5, [6, 11, 15, 24]],
    ["p95", 0.05, [70, 134, 182, 289]],
    ["errors < 1 %", 0.01, [353, 680, 921, 1_464]],
    ["errors < 2 %", 0.02, [176, 339, 459, 730]],
  ])("%s with 0, 1, 2 and 5 bad ones", (_, limit, expected) => {
    expect([0, 1, 2, 5].map((bad) => requestsNeeded(bad, limit))).toEqual(expected);
  });

  test.each([
    [0, 0.05, 1],
    [7, 0.05, 1],
    [7, 0.01, 1],
    [40, 0.01, 10],
    [0, 0.001, 1],
  ])("%i bad, limit %f, bursts of %i: the run passes there, and not one request before", (bad, limit, burst) => {
    const needed = requestsNeeded(bad, limit, 0, burst);
    const verdictAt = (n: number): string => judgeShare({ bad, n, limit, burst, failures: 1 });
    expect([verdictAt(needed - 1), verdictAt(needed)]).toEqual(["inconclusive", "pass"]);
  });

  test("never fewer than were sent; none prove a limit of 0; one good request proves a limit of 1", () => {
    expect(requestsNeeded(0, 0.05, 500)).toBe(500);
    expect([requestsNeeded(0, 0), requestsNeeded(0, 1)]).toEqual([Infinity, 1]);
    expect(requestsNeeded(0, 1e-300)).toBe(Infinity);
  });
});

// A small version of bench/calibration.ts: 500 seeded runs a row, so 5 % ± 2.9 % (3 standard errors).
describe("calibration, with a look every 10 requests", () => {
  test.each([0.05, 0.01, 0.02])("the truth is at the limit %f: at most one in twenty wrong on either side", (limit) => {
    const { pass, fail } = judged(limit, { share: limit, burst: 1 });
    expect(pass).toBeLessThan(0.08);
    expect(fail).toBeLessThan(0.08);
    // Not by never deciding.
    expect(pass + fail).toBeGreaterThan(0);
  });

  test.each([
    [0.05, 0.2, { pass: 0.99, fail: 0 }],
    [0.01, 0.25, { pass: 0.95, fail: 0 }],
    [0.05, 5, { pass: 0, fail: 0.99 }],
    [0.01, 5, { pass: 0, fail: 0.99 }],
  ])("limit %f, truth %f times it: the right verdict", (limit, times, least) => {
    const { pass, fail } = judged(limit, { share: limit * times, burst: 1 });
    expect(pass).toBeGreaterThanOrEqual(least.pass);
    expect(fail).toBeGreaterThanOrEqual(least.fail);
    expect(Math.min(pass, fail)).toBeLessThan(0.02);
  });

  test.each([
    ["bursts of 10", { share: 0.05, burst: 10 }],
    ["bursts of 10 with every second one good", { share: 0.05, burst: 10, isInterleaved: true }],
  ])("%s at the limit, at least 1,500 requests: wrong without the correction, right with it", (_, traffic) => {
    const plain = judged(0.05, traffic, false, 1_500);
    const corrected = judged(0.05, traffic, true, 1_500);
    expect(plain.pass + plain.fail).toBeGreaterThan(0.4);
    expect(corrected.pass).toBeLessThan(0.08);
    expect(corrected.fail).toBeLessThan(0.08);
  });
});

describe("sequentialMean", () => {
  test.each([
    [5, 5.0876580799],
    [10, 3.3430398674],
    [60, 3.0664018696],
  ])("%i values around 0: the t statistic for which the mixture, written down in Python, is 10", (n, t) => {
    const values = Array.from({ length: n }, (_, i) => i - (n - 1) / 2);
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / (n - 1));
    const [lo, hi] = sequentialMean(values);
    expect(Number(hi)).toBeCloseTo((t * deviation) / Math.sqrt(n), 8);
    expect(lo).toBe(-Number(hi));
  });

  test("too few say nothing, even if they are all the same", () => {
    expect([[], [5], [5, 5], [5, 5, 5]].map(sequentialMean)).toEqual(Array.from({ length: 4 }, () => [null, null]));
    expect(sequentialMean([5, 5, 5, 5])).toEqual([4.6, 5.4]);
    expect(sequentialMean([0, 0, 0, 0])).toEqual([0, 0]);
  });

  test.each([
    ["over 100", [110, 110, 110, 109, 110], "pass"],
    ["over 100, all the same", [110, 110, 110, 110, 110], "pass"],
    ["under 100", [90, 90, 90, 91, 90], "fail"],
    ["none", [0, 0, 0, 0, 0], "fail"],
    // A second without answers, one in twenty, would make this 97.
    ["just over 100", [102, 102, 102, 102, 102], "inconclusive"],
    ["half in one of them", [110, 110, 55, 110, 110], "inconclusive"],
  ])("five seconds %s", (_, values, verdict) => {
    expect(meanVerdict(values)).toBe(verdict);
  });

  // 1,000 seeded runs a row: 5 % ± 2.1 % (3 standard errors). Student's interval gives 12 to 15 % on each side of the first three.
  test.each([
    ["normal, deviation 1", 1, 0],
    ["normal, deviation 10", 10, 0],
    ["normal, deviation 30", 30, 0],
    ["half in one of ten seconds, deviation 1", 1, 0.1],
    ["half in one of ten seconds, deviation 10", 10, 0.1],
  ])("%s, a look every second from 5 to 60: at most one in twenty wrong on either side", (_, deviation, stalls) => {
    const random = seeded(3);
    const count = { pass: 0, fail: 0, inconclusive: 0 };
    for (let run = 0; run < 1_000; run++) count[firstVerdict(deviation, stalls, random)]++;
    expect(count.pass / 1_000).toBeLessThan(0.071);
    expect(count.fail / 1_000).toBeLessThan(0.071);
  });
});

/** The first verdict of 60 seconds whose true mean is 100, looked at from the fifth on. */
function firstVerdict(deviation: number, stalls: number, random: () => number): Verdict {
  const seconds: number[] = [];
  while (seconds.length < 60) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const second = 100 / (1 - stalls / 2) + deviation * normal;
    seconds.push(random() < stalls ? second / 2 : second);
    const verdict = seconds.length < 5 ? "inconclusive" : meanVerdict(seconds);
    if (verdict !== "inconclusive") return verdict;
  }
  return "inconclusive";
}

/** Is the mean 100 or more? */
function meanVerdict(values: readonly number[]): Verdict {
  const [lo, hi] = sequentialMean(values);
  if (lo !== null && lo >= 100) return "pass";
  return hi !== null && hi < 100 ? "fail" : "inconclusive";
}

function verdictOf(bad: number, n: number, failures: number): string {
  return judgeShare({ bad, n, limit: 0.05, burst: 1, failures });
}

function judged(limit: number, traffic: Traffic, isCorrected = true, from = 1): { pass: number; fail: number } {
  const judging = { limit, most: 3_000, every: 10, from: [from], isCorrected };
  const [results = []] = judgeRuns(traffic, judging, 500, 11);
  return { pass: rate(results, "pass"), fail: rate(results, "fail") };
}
