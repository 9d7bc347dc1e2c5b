import { describe, expect, test } from "vitest";
import { betaAtMost, logGamma, tQuantile } from "../../../src/health/statistics/beta.ts";
import {
  binomialAtLeast,
  binomialAtMost,
  finiteOrNull,
  lowerMean,
  meanInterval,
  quantile,
  quantileInterval,
  shareInterval,
  upperMean,
} from "../../../src/health/statistics/statistics.ts";
import { seeded } from "./simulate.ts";

// Numbers without an explanation are from scipy 1.17.
describe("special functions", () => {
  test("logGamma", () => {
    expect(logGamma(0.5)).toBeCloseTo(0.5723649429247, 12);
    expect(logGamma(1)).toBeCloseTo(0, 12);
    expect(logGamma(100_000)).toBeCloseTo(1_051_287.7089736569, 6);
  });

  test.each([
    [0.05, 50, 950, 0.5173695437269733],
    [0.0501, 5_000, 95_001, 0.5596498503323795],
    [0.3, 0.5, 0.5, 0.36901011956554536],
    [0, 2, 3, 0],
    [1, 2, 3, 1],
  ])("betaAtMost(%f, %f, %f)", (x, a, b, expected) => {
    expect(betaAtMost(x, a, b)).toBeCloseTo(expected, 9);
  });

  test("tQuantile", () => {
    expect(tQuantile(0.025, 10)).toBeCloseTo(2.2281388519862753, 9);
    expect(tQuantile(0.05, 1)).toBeCloseTo(6.313751514675044, 9);
    expect(tQuantile(0.025, 1e6)).toBeCloseTo(1.9599663568141072, 6);
  });
});

describe("binomial tails", () => {
  test("against sums done by hand", () => {
    expect(binomialAtMost(1, 3, 0.5)).toBeCloseTo(0.5, 12);
    expect(binomialAtLeast(3, 3, 0.5)).toBeCloseTo(0.125, 12);
    expect(binomialAtMost(0, 59, 0.05)).toBeCloseTo(0.95 ** 59, 12);
    expect([binomialAtMost(-1, 5, 0.5), binomialAtMost(5, 5, 0.5), binomialAtMost(0, 5, 0)]).toEqual([0, 1, 1]);
    expect([binomialAtLeast(0, 5, 0.5), binomialAtLeast(6, 5, 0.5), binomialAtLeast(1, 5, 1)]).toEqual([1, 0, 1]);
  });

  test("large and fractional counts", () => {
    expect(binomialAtMost(30, 1_000, 0.05)).toBeCloseTo(0.0012770679174797827, 12);
    expect(binomialAtLeast(4_960, 100_000, 0.05)).toBeCloseTo(0.7211328437, 8);
    expect(binomialAtMost(1.5, 33.3, 0.05)).toBeCloseTo(0.6480023573, 9);
  });
});

describe("shareInterval", () => {
  test.each([
    [0, 299, 0, 0.0122615959],
    [3, 100, 0.0062299715, 0.085176053],
    [50, 1_000, 0.0373353976, 0.0653904879],
    [10, 10, 0.025 ** (1 / 10), 1],
  ])("%i of %i: two-sided Clopper–Pearson", (bad, n, lo, hi) => {
    expect(shareInterval(bad, n)[0]).toBeCloseTo(lo, 9);
    expect(shareInterval(bad, n)[1]).toBeCloseTo(hi, 9);
  });

  test("nothing was measured", () => {
    expect(shareInterval(0, 0)).toEqual([null, null]);
  });

  test("bursts of 5 are as good as a fifth of the requests", () => {
    expect(shareInterval(15, 500, 5)).toEqual(shareInterval(3, 100));
  });
});

describe("quantile and quantileInterval", () => {
  const hundred = Float64Array.from({ length: 100 }, (_, i) => i + 1);

  test("nearest rank", () => {
    expect([0.5, 0.95, 0.99, 1].map((q) => quantile(hundred, q))).toEqual([50, 95, 99, 100]);
    expect(quantile(new Float64Array(), 0.5)).toBeNaN();
  });

  test("order statistics: P(X ≤ 0) and P(X ≥ 11) are the last below 2.5 % for Bin(100, 5 %)", () => {
    expect(quantileInterval(hundred, 0.95)).toEqual([90, 100]);
    expect(quantileInterval(hundred, 0.5)).toEqual([40, 61]);
  });

  test("too few for an end", () => {
    expect(quantileInterval(hundred, 0.99)[1]).toBeNull();
    expect(quantileInterval(hundred.subarray(0, 71), 0.95)[1]).toBeNull();
    expect(quantileInterval(hundred.subarray(0, 72), 0.95)[1]).toBe(72);
    expect(quantileInterval(new Float64Array(), 0.95)).toEqual([null, null]);
  });

  test("errors are Infinity, and an end among them is not known", () => {
    const sick = hundred.map((ms) => (ms > 80 ? Infinity : ms));
    expect(quantileInterval(sick, 0.95)).toEqual([null, null]);
  });

  test("wider when slow requests come in bursts", () => {
    const thousand = Float64Array.from({ length: 1_000 }, (_, i) => i + 1);
    const [lo, hi] = quantileInterval(thousand, 0.95);
    const [loOfBursts, hiOfBursts] = quantileInterval(thousand, 0.95, 4);
    expect([lo, hi]).toEqual([936, 964]);
    expect(Number(loOfBursts)).toBeLessThan(925);
    expect(Number(hiOfBursts)).toBeGreaterThan(970);
  });

  test.each([
    [0.5, 100],
    [0.95, 100],
    [0.95, 1_000],
    [0.99, 1_000],
  ])("quantile %f of %i: holds the truth in at least 95 %% of 2,000 runs, less 3 standard errors", (q, n) => {
    const random = seeded(n);
    let held = 0;
    for (let run = 0; run < 2_000; run++) {
      const [lo, hi] = quantileInterval(Float64Array.from({ length: n }, random).toSorted(), q);
      if ((lo ?? -Infinity) <= q && q <= (hi ?? Infinity)) held++;
    }
    expect(held / 2_000).toBeGreaterThan(0.935);
  });
});

describe("meanInterval, lowerMean and upperMean", () => {
  test("without skew it is Student's", () => {
    // 1 … 9: mean 5, standard deviation 2.7386, t(8) 2.3060 and 1.8595.
    const [lo, hi] = meanInterval([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([lo, hi]).toEqual([expect.closeTo(2.8949, 3), expect.closeTo(7.1051, 3)]);
    expect(upperMean([1, 2, 3, 4, 5, 6, 7, 8, 9])).toBeCloseTo(6.6975, 3);
    expect(lowerMean([1, 2, 3, 4, 5, 6, 7, 8, 9])).toBeCloseTo(3.3025, 3);
  });

  test("fewer than two, and always the same", () => {
    expect([meanInterval([]), meanInterval([3]), upperMean([3])]).toEqual([[null, null], [null, null], null]);
    expect([lowerMean([3]), lowerMean([3, 3])]).toEqual([null, 3]);
    expect([meanInterval([3, 3, 3]), upperMean([3, 3])]).toEqual([[3, 3], 3]);
  });

  test("a long right tail moves both ends up", () => {
    const values = Float64Array.from({ length: 50 }, (_, i) => (i === 0 ? 20 : 1));
    // Hall's formula written down a second time, in Python; Student's interval is 0.62 … 2.14.
    expect(meanInterval(values)).toEqual([expect.closeTo(0.9002243148, 8), expect.closeTo(3.7711013941, 8)]);
    expect(upperMean(values)).toBeCloseTo(3.638876316, 8);
  });

  test("exponential costs, 50 of them: the truth is over the upper bound in about 5 % of 2,000 runs", () => {
    const random = seeded(50);
    let missed = 0;
    for (let run = 0; run < 2_000; run++) {
      const bound = upperMean(Float64Array.from({ length: 50 }, () => -Math.log(1 - random())));
      if (Number(bound) < 1) missed++;
    }
    expect(missed / 2_000).toBeGreaterThan(0.03);
    expect(missed / 2_000).toBeLessThan(0.075);
  });
});

test("finiteOrNull: JSON has no NaN and no Infinity", () => {
  expect([1, 0, Number.NaN, Infinity, undefined].map(finiteOrNull)).toEqual([1, 0, null, null, null]);
});
