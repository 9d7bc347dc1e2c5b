import { describe, expect, test } from "vitest";
import {
  binomialAtLeast,
  binomialAtMost,
  failLine,
  judgeShare,
  passLine,
  quantile,
  quantileInterval,
  requestsNeeded,
  shareInterval,
} from "../../../src/health/statistics.ts";

describe("requestsNeeded", () => {
  // The smallest n that can pass at 95 %, with 0, 1, 2, 3, 5 and 10 bad requests.
  test.each([
    ["p50", 0.5, [5, 8, 11, 13, 18, 30]],
    ["p90", 0.1, [29, 46, 61, 76, 103, 167]],
    ["p95", 0.05, [59, 93, 124, 153, 208, 336]],
    ["p99 and errors < 1 %", 0.01, [299, 473, 628, 773, 1049, 1693]],
    ["errors < 2 %", 0.02, [149, 236, 313, 386, 523, 845]],
    ["p99.9", 0.001, [2995, 4742, 6294, 7752, 10_511, 16_959]],
  ])("%s", (_, share, expected) => {
    expect([0, 1, 2, 3, 5, 10].map((bad) => requestsNeeded(bad, share))).toEqual(expected);
  });

  test("a share of 0 cannot be proven, a share of 1 by one good request", () => {
    expect(requestsNeeded(0, 0)).toBe(Infinity);
    expect(requestsNeeded(0, 1)).toBe(1);
  });
});

describe("passLine and failLine", () => {
  test.each([
    [50, [-1, 6], [-1, 3], [-1, 4]],
    [100, [1, 10], [-1, 4], [-1, 6]],
    [200, [4, 16], [-1, 6], [0, 8]],
    [300, [8, 22], [0, 7], [1, 11]],
    [500, [16, 34], [1, 10], [4, 16]],
    [1000, [38, 63], [4, 16], [12, 29]],
    [3000, [130, 171], [20, 40], [47, 74]],
  ])("n = %i: pass at most, fail at least", (n, ...expected) => {
    expect([0.05, 0.01, 0.02].map((share) => [passLine(n, share), failLine(n, share)])).toEqual(expected);
  });

  test("100,000 requests do not underflow", () => {
    expect(passLine(100_000, 0.05)).toBeGreaterThan(4_850);
    expect(failLine(100_000, 0.05)).toBeLessThan(5_150);
  });
});

describe("judgeShare", () => {
  test.each([
    [0, 0, 0.05, "inconclusive"],
    [0, 58, 0.05, "inconclusive"],
    [0, 59, 0.05, "pass"],
    [1, 59, 0.05, "inconclusive"],
    [20, 20, 0.05, "fail"],
    [0, 1_000, 0, "inconclusive"],
    [1, 1_000, 0, "fail"],
    [10, 1_000, 1, "pass"],
  ])("%i bad of %i against %f: %s", (bad, n, limit, verdict) => {
    expect(judgeShare(bad, n, limit)).toBe(verdict);
  });

  test("agrees with the Clopper–Pearson bounds for every count", () => {
    for (let bad = 0; bad <= 300; bad += 3) {
      const [lo, hi] = shareInterval(bad, 300);
      const verdict = (hi ?? 1) < 0.05 ? "pass" : (lo ?? 0) > 0.05 ? "fail" : "inconclusive";
      expect([bad, judgeShare(bad, 300, 0.05)]).toEqual([bad, verdict]);
    }
  });
});

describe("calibration: the truth is exactly at the limit", () => {
  // 4,000 seeded runs: 5 % ± 3 standard errors (0.34 %).
  test.each([
    [300, 0.05],
    [1_200, 0.05],
    [1_200, 0.01],
  ])("n = %i, share %f: at most 5 %% false passes and 5 %% false failures", (n, share) => {
    const random = seeded(n);
    const count = { pass: 0, fail: 0, inconclusive: 0 };
    const lines = { pass: passLine(n, share), fail: failLine(n, share) };
    for (let run = 0; run < 4_000; run++) {
      let bad = 0;
      for (let i = 0; i < n; i++) if (random() < share) bad++;
      count[bad <= lines.pass ? "pass" : bad >= lines.fail ? "fail" : "inconclusive"]++;
    }
    expect(count.pass / 4_000).toBeLessThan(0.06);
    expect(count.fail / 4_000).toBeLessThan(0.06);
    // Not by never deciding.
    expect(count.pass).toBeGreaterThan(0);
    expect(count.fail).toBeGreaterThan(0);
  });
});

describe("binomial tails", () => {
  test("against sums done by hand", () => {
    expect(binomialAtMost(1, 3, 0.5)).toBeCloseTo(0.5, 12);
    expect(binomialAtLeast(3, 3, 0.5)).toBeCloseTo(0.125, 12);
    expect(binomialAtMost(0, 59, 0.05)).toBeCloseTo(0.95 ** 59, 12);
    expect([binomialAtMost(-1, 5, 0.5), binomialAtMost(5, 5, 0.5), binomialAtMost(0, 5, 0)]).toEqual([0, 1, 1]);
  });
});

describe("shareInterval", () => {
  test("the rule of three, and the ends", () => {
    const [lo, hi] = shareInterval(0, 299);
    expect(lo).toBe(0);
    expect(hi).toBeCloseTo(1 - 0.05 ** (1 / 299), 9);
    expect(shareInterval(10, 10)[1]).toBe(1);
    expect(shareInterval(0, 0)).toEqual([null, null]);
  });
});

describe("quantile and quantileInterval", () => {
  const hundred = Float64Array.from({ length: 100 }, (_, i) => i + 1);

  test("nearest rank", () => {
    expect([0.5, 0.95, 0.99, 1].map((q) => quantile(hundred, q))).toEqual([50, 95, 99, 100]);
    expect(quantile(new Float64Array(), 0.5)).toBeNaN();
  });

  test("the upper bound is below the limit exactly when the claim passes", () => {
    // 100 requests pass p95 with at most 1 slow one, and fail with 10 or more.
    expect(quantileInterval(hundred, 0.95)).toEqual([91, 99]);
    expect(quantileInterval(hundred, 0.99)[1]).toBeNull();
  });

  test("errors are Infinity, and a bound among them is not known", () => {
    const sick = hundred.map((ms) => (ms > 80 ? Infinity : ms));
    expect(quantileInterval(sick, 0.95)).toEqual([null, null]);
  });
});

/** Mulberry32: the same numbers in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
