import { describe, expect, test } from "vitest";
import { burstLength, burstLengthAt } from "../../../src/health/statistics/episodes.ts";
import { badRequests, seeded, type Traffic } from "./simulate.ts";

/** "." good, "x" bad. */
const flags = (run: string): boolean[] => Array.from(run, (letter) => letter === "x");

describe("burstLength", () => {
  test.each([
    ["no requests", ""],
    ["all good", ".".repeat(100)],
    ["all bad is no burst", "x".repeat(100)],
    ["one bad one", `${".".repeat(50)}x${".".repeat(50)}`],
    ["far apart", `x${".".repeat(49)}`.repeat(10)],
    // Every second one: more regular than chance, and not in bursts.
    ["alternating", "x.".repeat(50)],
  ])("%s: 1", (_, run) => {
    expect(burstLength(flags(run))).toBe(1);
  });

  test("bursts of 10 in 1,000, less what chance joins", () => {
    const run = `${"x".repeat(10)}${".".repeat(190)}`.repeat(5);
    // 5 % are bad, so chance alone makes (1 + 0.05) / (1 − 0.05) of them: 0.105 over 1.
    expect(burstLength(flags(run))).toBeCloseTo(10 - 1.05 / 0.95 + 1, 9);
  });

  test("of a short and a long burst it is the one most bad requests are in", () => {
    const run = `${"x".repeat(2)}${".".repeat(500)}${"x".repeat(18)}${".".repeat(480)}`;
    expect(burstLength(flags(run))).toBeCloseTo((2 ** 2 + 18 ** 2) / 20, 0);
  });

  test("one of two, of four and of eight instances freezes", () => {
    const quiet = ".".repeat(400);
    for (const part of ["x.", "x...", "x......."]) {
      const run = `${part.repeat(20)}${quiet}${part.repeat(20)}${quiet}${quiet}`;
      const burst = burstLength(flags(run));
      expect([part, burst > 18.5, burst < 20]).toEqual([part, true, true]);
    }
  });

  test("numbers are as good as booleans, and as positions", () => {
    const run = flags(`${"x".repeat(6)}${".".repeat(94)}`);
    expect(burstLength(Uint8Array.from(run, Number))).toBe(burstLength(run));
    expect(burstLengthAt([0, 1, 2, 3, 4, 5], 100)).toBe(burstLength(run));
  });
});

describe("the estimate, over 300 seeded runs of 3,000 requests", () => {
  test.each([0.002, 0.01, 0.05, 0.3, 0.7])("independent, %f bad: mostly 1, and never far from it", (share) => {
    const all = estimates({ share, burst: 1 });
    expect(all[150]).toBe(1);
    expect(all[285]).toBeLessThan(1.8);
  });

  test.each([
    [{ share: 0.05, burst: 3 }, 3],
    [{ share: 0.05, burst: 10 }, 10],
    [{ share: 0.01, burst: 10 }, 10],
    [{ share: 0.05, burst: 30 }, 30],
    // 20 requests with 10 bad ones on average, but not always.
    [{ share: 0.05, burst: 10, isInterleaved: true }, 10],
  ])("%j: about as long", (traffic, expected) => {
    const all = estimates(traffic);
    expect(Number(all[150])).toBeGreaterThan(expected * 0.85);
    expect(Number(all[150])).toBeLessThan(expected * 1.5);
  });
});

function estimates(traffic: Traffic): number[] {
  const random = seeded(3);
  const all = Array.from({ length: 300 }, () => burstLengthAt(badRequests(traffic, 3_000, random), 3_000));
  return all.toSorted((a, b) => a - b);
}
