import { expect, it } from "vitest";
import { predictedAgainstMeasured, predictedInFunction } from "../../src/measure-model/compare.ts";
import { planModel } from "../../src/plan/plan.ts";
import type { Measured, Predicted } from "../../src/plan/types.ts";

const predicted: Predicted = {
  p95Ms: 12,
  firstTokenMs: null,
  tokensPerSecond: 50,
  coldStartMs: 500,
  bundleBytes: 54_000_000,
  memoryBytes: 90_000_000,
  cpuMs: 10,
  ranges: {},
};
const measured: Measured = {
  modelId: "m",
  engine: "gguf",
  dtype: "Q8_0",
  standIn: true,
  tokensIn: 64,
  tokensOut: 16,
  concurrency: 1,
  p95Ms: 10,
  firstTokenMs: 5,
  tokensPerSecond: null,
  cpuMs: 0,
  coldStartMs: 1_000,
  memoryBytes: 180_000_000,
  bundleBytes: 54_000_000,
  requests: 60,
  machine: "a machine",
  measuredAt: "2026-11-23T12:00:00.000Z",
};

it("puts the two beside each other where both are known, with the error in percent of the truth", () => {
  expect(predictedAgainstMeasured(predicted, measured)).toEqual([
    { name: "p95", unit: "ms", predicted: 12, measured: 10, errorPercent: 20 },
    { name: "cold start", unit: "ms", predicted: 500, measured: 1_000, errorPercent: -50 },
    { name: "memory", unit: "bytes", predicted: 90_000_000, measured: 180_000_000, errorPercent: -50 },
    { name: "bundle", unit: "bytes", predicted: 54_000_000, measured: 54_000_000, errorPercent: 0 },
  ]);
});

it("compares with what is predicted of the function, whatever mode was chosen", () => {
  const local = planModel({ model: "use-lite", mode: "local" });
  expect(predictedInFunction(local)).toBe(local.predicted);
  const elsewhere = planModel({ model: "use-lite", mode: "external" });
  expect(elsewhere.mode).toBe("external");
  expect(predictedInFunction(elsewhere)?.bundleBytes).toBe(local.predicted.bundleBytes);
});
