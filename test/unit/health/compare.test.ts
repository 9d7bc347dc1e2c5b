import { describe, expect, test } from "vitest";
import { compareRuns, type RunFigures } from "../../../src/health/statistics/compare.ts";
import { moreBad } from "../../../src/health/statistics/fisher.ts";
import { largerByRank, normalAbove, ratioByRank } from "../../../src/health/statistics/rank-test.ts";
import { seeded } from "./simulate.ts";

// Numbers without an explanation are from scipy 1.17.
describe("tests", () => {
  test("normalAbove", () => {
    expect(normalAbove(0)).toBeCloseTo(0.5, 7);
    expect(normalAbove(1)).toBeCloseTo(0.158655254, 7);
    expect(normalAbove(5)).toBeCloseTo(2.86651572e-7, 13);
    expect(normalAbove(-1.5)).toBeCloseTo(0.933192799, 7);
  });

  test.each([
    [{ bad: 3, n: 100 }, { bad: 12, n: 120 }, 0.034398529077638754],
    [{ bad: 500, n: 10_000 }, { bad: 540, n: 10_000 }, 0.10709764483598003],
    [{ bad: 0, n: 100_000 }, { bad: 5_000, n: 100_000 }, 0],
    [{ bad: 12, n: 120 }, { bad: 3, n: 100 }, 0.9921361991305451],
    [{ bad: 2_000, n: 100_000 }, { bad: 2_050, n: 100_000 }, 0.21832255367369688],
    [{ bad: 2_000, n: 100_000 }, { bad: 1_990, n: 100_000 }, 0.5698149939491227],
    [{ bad: 10, n: 50 }, { bad: 9, n: 1_000 }, 0.9999999999475525],
    // Much better: the chance of the first term is below the smallest number there is.
    [{ bad: 1_100, n: 1_100 }, { bad: 0, n: 1_100 }, 1],
    [{ bad: 2_000, n: 100_000 }, { bad: 0, n: 100_000 }, 1],
    [{ bad: 0, n: 1_100 }, { bad: 1_100, n: 1_100 }, 0],
    [{ bad: 5, n: 5 }, { bad: 7, n: 7 }, 1],
    [{ bad: 0, n: 100 }, { bad: 0, n: 100 }, 1],
    [{ bad: 0, n: 0 }, { bad: 3, n: 5 }, 1],
    [{ bad: 3, n: 5 }, { bad: 0, n: 0 }, 1],
  ])("Fisher: %j against %j", (baseline, now, expected) => {
    expect(moreBad(baseline, now)).toBeCloseTo(expected, 9);
  });

  test("Mann–Whitney: ties and errors", () => {
    const baseline = Float64Array.of(1, 2, 3, 4, 5, Infinity, Infinity);
    const now = Float64Array.of(2, 3, 4.5, 6, 7, Infinity);
    expect(largerByRank(baseline, now)).toBeCloseTo(0.35937748757053445, 6);
    expect(largerByRank(Float64Array.of(1, 1), Float64Array.of(1, 1))).toBe(1);
    expect(largerByRank(new Float64Array(), now)).toBe(1);
    // Ends, whatever it says.
    expect(largerByRank(Float64Array.of(1, Number.NaN), now)).toBeGreaterThan(0);
  });

  test("Hodges–Lehmann: an error in both runs is an equal pair", () => {
    const errors = new Float64Array(20).fill(Infinity);
    expect(ratioByRank(errors, errors).ratio).toBeCloseTo(1, 9);
  });

  test("Hodges–Lehmann: the median of all ratios", () => {
    const baseline = Float64Array.of(1, 2, 4);
    const now = Float64Array.of(2, 4, 8);
    // 2 4 8 1 2 4 0.5 1 2 in order: 0.5 1 1 2 2 2 4 4 8. Too few pairs for ends.
    expect(ratioByRank(baseline, now)).toEqual({ ratio: expect.closeTo(2, 9), interval: [Number.NaN, Infinity] });
    const many = Float64Array.from({ length: 200 }, (_, i) => 100 + i);
    const { ratio, interval } = ratioByRank(
      many,
      many.map((value) => value * 2),
    );
    expect(ratio).toBeCloseTo(2, 2);
    expect(interval.map((end) => Math.round(end * 100) / 100)).toEqual([1.89, 2.12]);
  });
});

describe("compareRuns", () => {
  const same = runOf(1_000, 1, (random) => 100 * spread(random));

  test("nothing has changed: no figure is worse", () => {
    const checks = compareRuns(
      same,
      runOf(1_000, 2, (random) => 100 * spread(random)),
      0.2,
    );
    expect(checks.map(({ name, unit, verdict }) => [name, unit, verdict])).toEqual([
      ["latency", "ms", "pass"],
      ["p95", "ms", "pass"],
      ["error rate", "fraction", "pass"],
    ]);
    expect(checks[0]?.text).toMatch(/^latency no slower: −[\d.]+ to \+[\d.]+ %$/);
    expect(checks[2]?.text).toBe("error rate no higher: −0.37 to +0.37 percentage points");
  });

  test("30 % slower", () => {
    const [latency, p95, errors] = compareRuns(
      same,
      runOf(1_000, 2, (random) => 130 * spread(random)),
      0.1,
    );
    expect([latency?.verdict, p95?.verdict, errors?.verdict]).toEqual(["fail", "fail", "pass"]);
    expect(latency?.change).toBeCloseTo(0.3, 1);
    expect(latency?.text).toMatch(/^latency slower by 2\d–3\d %$/);
    expect(p95?.text).toMatch(/^p95 slower by \d+–\d+ %$/);
    expect(Number(p95?.actual) / Number(p95?.baseline) - 1).toBeCloseTo(Number(p95?.change), 9);
  });

  test("significant, but below the tolerance: neither", () => {
    const [latency] = compareRuns(
      same,
      runOf(1_000, 2, (random) => 108 * spread(random)),
      0.1,
    );
    expect(latency?.pValue).toBeLessThan(0.05);
    expect(latency?.verdict).toBe("inconclusive");
    expect(latency?.text).toMatch(/^latency not decided: \+[\d.]+ to \+\d+ %$/);
  });

  test("4 % of the requests take 900 ms: the tail shows it, the ranks do not", () => {
    const tail = runOf(1_500, 3, (random) => (random() < 0.04 ? 900 : 100 * spread(random)));
    const [latency, p95] = compareRuns(same, tail, 0.1);
    expect([latency?.verdict, p95?.verdict]).not.toEqual(["fail", "pass"]);
    expect(p95?.verdict).toBe("fail");
  });

  test("3 % errors where there were none", () => {
    const now = runOf(1_000, 2, (random) => (random() < 0.03 ? Infinity : 100 * spread(random)));
    const errors = compareRuns(same, now, 0.1)[2];
    expect(errors?.verdict).toBe("fail");
    expect(errors?.text).toMatch(/^error rate higher by [12][.\d]*–[345][.\d]* percentage points$/);
    // As one burst they are a single event.
    expect(compareRuns(same, { ...now, errorBurst: now.errors }, 0.1)[2]?.verdict).toBe("inconclusive");
  });

  test("30 % errors: p95 is no number any more", () => {
    const now = runOf(200, 2, (random) => (random() < 0.3 ? Infinity : 100));
    const p95 = compareRuns(same, now, 0.1)[1];
    expect(p95).toMatchObject({ actual: null, change: null, verdict: "fail", text: "p95 falls among the errors" });
  });

  test("faster and fewer errors is a pass", () => {
    const before = runOf(1_000, 2, (random) => (random() < 0.03 ? Infinity : 130 * spread(random)));
    expect(compareRuns(before, same, 0.1).map(({ verdict }) => verdict)).toEqual(["pass", "pass", "pass"]);
  });

  test("everything failed, and now nothing does: no figure is worse", () => {
    const before = { latencyMs: new Float64Array(1_100).fill(Infinity), errors: 1_100, n: 1_100 };
    const errors = compareRuns(before, runOf(1_100, 2, spread), 0.1)[2];
    expect(errors).toMatchObject({ change: -1, pValue: 1, verdict: "pass" });
  });

  const none = { latencyMs: new Float64Array(), errors: 0, n: 0 };
  const broken = { latencyMs: new Float64Array(50).fill(Infinity), errors: 50, n: 50 };
  test.each([
    ["no samples now", same, none],
    ["no samples in the baseline", none, same],
    ["none at all", none, none],
    ["only errors in both", broken, broken],
    ["five requests each", runOf(5, 1, spread), runOf(5, 2, spread)],
  ])("%s: inconclusive, and numbers that JSON has", (_, baseline, now) => {
    const checks = compareRuns(baseline, now, 0.1);
    expect(checks.map(({ verdict }) => verdict)).toEqual(["inconclusive", "inconclusive", "inconclusive"]);
    for (const { change, interval, baseline: before, actual, pValue } of checks) {
      for (const value of [change, ...interval, before, actual]) {
        expect(value === null || Number.isFinite(value)).toBe(true);
      }
      expect(pValue).toBeGreaterThan(0.05);
    }
  });

  test("Holm: three times the smallest p, twice the next", () => {
    const now = runOf(1_000, 9, (random) => (random() < 0.001 ? Infinity : 110 * spread(random)));
    const checks = compareRuns(same, now, 0.1);
    const p95 = Number(checks[1]?.baseline);
    const slow = now.latencyMs.filter((ms) => ms > p95).length;
    const latencyAlone = largerByRank(same.latencyMs, now.latencyMs);
    const p95Alone = moreBad({ bad: 50, n: 1_000 }, { bad: slow, n: 1_000 });
    const errorsAlone = moreBad({ bad: 0, n: 1_000 }, { bad: now.errors, n: 1_000 });
    expect([latencyAlone < p95Alone, p95Alone * 2 < errorsAlone]).toEqual([true, true]);
    expect(checks.map(({ pValue }) => pValue)).toEqual([3 * latencyAlone, 2 * p95Alone, errorsAlone]);
  });

  test("300 seeded pairs of equal runs: any false alarm in at most 5 %, plus 3 standard errors", () => {
    let alarms = 0;
    let held = 0;
    for (let pair = 0; pair < 300; pair++) {
      const [one, two] = [2 * pair, 2 * pair + 1].map((seed) =>
        runOf(200, seed + 1_000, (random) => (random() < 0.01 ? Infinity : 100 * spread(random))),
      );
      const checks = compareRuns(one ?? none, two ?? none, 0);
      if (checks.some(({ verdict }) => verdict === "fail")) alarms++;
      const [lo, hi] = checks[0]?.interval ?? [null, null];
      if (Number(lo) <= 0 && 0 <= Number(hi)) held++;
    }
    expect(alarms / 300).toBeLessThan(0.088);
    expect(held / 300).toBeGreaterThan(0.91);
  });

  test("100,000 requests a run take under 3 s", () => {
    const [one, two] = [1, 2].map((seed) => runOf(100_000, seed, (random) => 100 * spread(random)));
    const startedMs = performance.now();
    compareRuns(one ?? none, two ?? none, 0.1);
    expect(performance.now() - startedMs).toBeLessThan(3_000);
  });
});

function runOf(n: number, seed: number, latencyMs: (random: () => number) => number): RunFigures {
  const random = seeded(seed);
  const all = Float64Array.from({ length: n }, () => latencyMs(random)).toSorted();
  return { latencyMs: all, errors: all.filter((ms) => ms === Infinity).length, n };
}

/** Lognormal, σ 0.5, median 1. */
function spread(random: () => number): number {
  return Math.exp(0.5 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
}
