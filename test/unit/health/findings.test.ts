import { beforeAll, describe, expect, test } from "vitest";
import type { Evidence } from "../../../src/health/evidence.ts";
import { findingFor, type Finding } from "../../../src/health/findings.ts";
import { loadPrices } from "../../../src/health/price.ts";
import type { Usage } from "../../../src/health/samples.ts";
import type { LimitKey } from "../../../src/health/slo.ts";

const times = new Float64Array(10);
const evidence: Evidence = {
  n: 10,
  planned: 10,
  good: 10,
  latencyMs: times,
  firstTokenMs: times,
  ascending: { latencyMs: times, firstTokenMs: times },
  longestMs: 0,
  coldStartMs: null,
  offeredPerSecond: 150,
  goodPerSecond: [],
  throughputPerSecond: Number.NaN,
  windowMs: 5_000,
  usages: [],
  streams: 0,
};

function finding(key: LimitKey, value: number, seen: Partial<Evidence>): Finding {
  const limit = { key, value, probe: null, whenUnproven: "inconclusive", level: "error" } as const;
  return findingFor(limit, { ...evidence, ...seen }, 1);
}

/** gpt-4o-mini: $0.60 for a million tokens. */
const costs = (...outputTokens: number[]): Partial<Evidence> => ({
  good: outputTokens.length,
  usages: outputTokens.map((count): Usage => {
    return { model: "gpt-4o-mini", inputTokens: 0, cachedInputTokens: 0, outputTokens: count };
  }),
});

describe("throughput", () => {
  test.each([
    ["much more", [110, 110, 110, 109, 110], "pass"],
    ["much less", [90, 90, 90, 91, 90], "fail"],
    // Student's interval is over 100, and asking it every second is wrong in 15 %.
    ["more, with noise", [118, 102, 116, 104, 110], "inconclusive"],
    ["less, with noise", [98, 82, 96, 84, 90], "inconclusive"],
    ["three seconds that were whole", [50, 50, 50], "inconclusive"],
  ])("%s", (_, goodPerSecond, verdict) => {
    const throughputPerSecond = goodPerSecond.reduce((sum, each) => sum + each, 0) / goodPerSecond.length;
    expect(finding("throughputPerSecond", 100, { goodPerSecond, throughputPerSecond }).verdict).toBe(verdict);
  });

  test("no good answer at all", () => {
    expect(finding("throughputPerSecond", 100, { good: 0 })).toMatchObject({ verdict: "fail", actual: 0 });
  });
});

describe("cost per request", () => {
  beforeAll(loadPrices);

  test.each([
    ["all below", costs(900, 1_000, 1_100, 950, 1_050), "pass", "5 of 5 good answers have a price"],
    ["all over", costs(2_900, 3_000, 3_100, 2_950, 3_050), "fail", "5 of 5 good answers have a price"],
    [
      "the mean is over it, and only one answer was dear",
      costs(500, 600, 9_000),
      "inconclusive",
      "3 of 3 good answers have a price; too close to $0.0012 to say kept or broken",
    ],
    ["one dear answer", costs(5_000), "inconclusive", "1 of 1 good answers have a price; too few for a mean"],
    ["one cheap answer", costs(5), "inconclusive", "1 of 1 good answers have a price; too few for a mean"],
    ["nothing used", {}, "inconclusive", "no answer said what it used, or there is no price for its model"],
  ] as const)("%s", (_, seen, verdict, text) => {
    expect(finding("costPerRequestUsd", 0.0012, seen)).toMatchObject({ verdict, text });
  });

  test("both bounds are told", () => {
    const { actual, interval } = finding("costPerRequestUsd", 0.0012, costs(1_000, 2_000, 3_000));
    // 0.0012 ± 2.9200 × 0.0006 / √3
    expect(actual).toBeCloseTo(0.0012, 12);
    expect(interval).toEqual([expect.closeTo(0.000188, 6), expect.closeTo(0.002212, 6)]);
  });

  test("answers that do not say what they used leave it open", () => {
    const seen = { ...costs(300, 300, 300, 300, 300), good: 50 };
    const text = "5 of 50 good answers have a price";
    expect(finding("costPerRequestUsd", 0.0012, seen)).toMatchObject({ verdict: "inconclusive", text });
  });

  test("an answer without a price leaves it open", () => {
    const { usages = [] } = costs(3_000, 3_000);
    const seen = { usages: [...usages, { ...usages[0], model: "unheard-of" } as Usage] };
    expect(finding("costPerRequestUsd", 0.0012, seen).verdict).toBe("inconclusive");
  });
});
