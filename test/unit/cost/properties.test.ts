import * as fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { formatUsd, roundEach, roundUsd } from "../../../src/cost/money.ts";
import { monthlyCost } from "../../../src/cost/monthly.ts";
import type { Month } from "../../../src/cost/types.ts";
import { vercelCompute } from "../../../src/data/prices/vercel.ts";
import type { PlatformName } from "../../../src/data/platforms.ts";
import { loadPrices } from "../../../src/data/token-prices.ts";
import { costed, line, monthOf } from "./costed.ts";

beforeAll(loadPrices);

const platform = fc.constantFrom<PlatformName>("vercel", "cloudflare");
const option = fc
  .record({
    mode: fc.constantFrom("local", "hybrid", "external"),
    task: fc.constantFrom("embeddings", "classify", "chat"),
    cpuMs: fc.double({ min: 0.01, max: 100_000, noNaN: true }),
    region: fc.constantFrom(...Object.keys(vercelCompute)),
    memoryMb: fc.integer({ min: 128, max: 4_096 }),
    vcpus: fc.constantFrom(1, 2),
    concurrency: fc.integer({ min: 1, max: 1_000 }),
    tokensIn: fc.integer({ min: 1, max: 100_000 }),
    tokensOut: fc.integer({ min: 1, max: 10_000 }),
    modelId: fc.constantFrom("llama-3.1-8b-instruct", "bge-small-en-v1.5", "qwen2.5-7b-instruct"),
    params: fc.constantFrom(1e6, 1e8, 7e9),
    requestsPerSecond: fc.option(fc.double({ min: 0.001, max: 1_000, noNaN: true })),
    requestsPerMonth: fc.option(fc.integer({ min: 1, max: 1e9 })),
  })
  .map(costed);
const requests = fc.integer({ min: 1, max: 1e12 });

function priced(given: Parameters<typeof monthOf>[0], count: number, on: PlatformName): Month {
  return monthOf(given, count, { platform: given.mode === "local" ? "vercel" : on });
}

test("more traffic is never cheaper, in any line but the credit", () => {
  fc.assert(
    fc.property(
      option,
      requests,
      fc.double({ min: 1, max: 1_000, noNaN: true }),
      platform,
      (given, few, factor, on) => {
        const [less, more] = [priced(given, few, on), priced(given, few * factor, on)];
        expect(more.usd).toBeGreaterThanOrEqual(less.usd * (1 - 1e-9));
        for (const { item, usd } of less.lines) {
          if (item !== "included credit") expect(line(more, item)).toBeGreaterThanOrEqual(usd * (1 - 1e-9));
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("every amount is a number, lines add up, and requests × a request is the month", () => {
  fc.assert(
    fc.property(option, requests, platform, (given, count, on) => {
      const month = priced(given, count, on);
      for (const { usd, inputs, formula } of month.lines) {
        expect(Number.isFinite(usd)).toBe(true);
        expect(formula).not.toBe("");
        for (const { value } of inputs) expect(typeof value === "string" || Number.isFinite(value)).toBe(true);
      }
      const sum = month.lines.reduce((total, { usd }) => total + usd, 0);
      const tolerance = Math.max(1e-9, month.usd * 1e-9);
      expect(Math.abs(sum - month.usd)).toBeLessThanOrEqual(tolerance);
      expect(Math.abs(month.perRequestUsd * count - month.usd)).toBeLessThanOrEqual(tolerance);
      // As printed: three digits of a request against the cents of a month.
      expect(Math.abs(roundEach(month.perRequestUsd) * count - month.usd)).toBeLessThanOrEqual(month.usd * 0.005_001);
      expect(month.usd).toBeGreaterThanOrEqual(on === "vercel" || given.mode === "local" ? 20 - 1e-9 : 5);
    }),
    { numRuns: 300 },
  );
});

test("a slower function, more memory and a larger answer are never cheaper", () => {
  const slower = fc.double({ min: 1, max: 100, noNaN: true });
  fc.assert(
    fc.property(option, requests, slower, (given, count, factor) => {
      const { memoryMb } = given.function;
      const cpuMs = (given.predicted.cpuMs ?? 0) * factor;
      const month = priced(given, count, "vercel").usd * (1 - 1e-9);
      const worse = [
        { ...given, predicted: { ...given.predicted, cpuMs } },
        { ...given, function: { ...given.function, memoryMb: memoryMb * factor } },
      ];
      for (const other of worse) expect(priced(other, count, "vercel").usd).toBeGreaterThanOrEqual(month);
      const bytes = [1_000, 1_000 * factor].map((transferBytes) => monthOf(given, count, { transferBytes }).usd);
      expect(bytes[1]).toBeGreaterThanOrEqual((bytes[0] ?? 0) * (1 - 1e-9));
    }),
    { numRuns: 200 },
  );
});

test("more requests in one instance never cost more memory", () => {
  fc.assert(
    fc.property(option, requests, (given, count) => {
      const memory = [1, 2, 10, 100].map((concurrency) =>
        line(priced({ ...given, workload: { ...given.workload, concurrency } }, count, "vercel"), "provisioned memory"),
      );
      for (const [index, usd] of memory.entries())
        expect(usd).toBeLessThanOrEqual((memory[index - 1] ?? usd) * (1 + 1e-9));
    }),
    { numRuns: 200 },
  );
});

test("the planner is told the month that edge-ai cost prints", () => {
  fc.assert(
    fc.property(option, fc.integer({ min: 1, max: 1e9 }), (given, count) => {
      const workload = { ...given.workload, requestsPerMonth: count };
      const { mode, task, model } = given;
      const predicted = { ...unknown, ...given.predicted };
      const alternative = {
        mode,
        predicted,
        function: given.function,
        passed: true,
        failed: [],
        platform: "vercel" as const,
      };
      const size = { params: model.params ?? 0, activeParams: null };
      const monthly = monthlyCost({ ...alternative, task, workload, modelId: model.id }, { model: size });
      expect(monthly?.usd).toBe(roundUsd(monthOf({ ...given, workload }, count, { requestsAtPeak: count }).usd));
      expect(monthly?.text).toContain(formatUsd(monthly?.usd ?? Number.NaN));
    }),
    { numRuns: 100 },
  );
});

const unknown = {
  firstTokenMs: null,
  tokensPerSecond: null,
  coldStartMs: null,
  bundleBytes: null,
  memoryBytes: null,
  ranges: {},
};

test("amounts are written as they are rounded, without exponents", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-12, max: 1e12, noNaN: true }), (usd) => {
      for (const rounded of [roundUsd(usd), roundEach(usd)]) {
        const text = formatUsd(rounded);
        expect(text).toMatch(/^\$[\d,]+(\.\d+)?$/);
        expect(Number(text.replaceAll(/[$,]/g, ""))).toBeCloseTo(rounded, 12);
        expect(Math.abs(Number(text.replaceAll(/[$,]/g, "")) / rounded - 1)).toBeLessThan(1e-9);
      }
    }),
  );
  expect([0, -0.2, 1_234.5, 0.000_023_1, 20].map(formatUsd)).toEqual([
    "$0",
    "-$0.20",
    "$1,234.50",
    "$0.0000231",
    "$20.00",
  ]);
});
