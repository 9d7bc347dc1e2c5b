import { assumptions } from "../data/engines.ts";
import { formatMs } from "./format.ts";
import type { LocalPrediction } from "./local.ts";
import { sourceOf, type Rule } from "./rule.ts";
import { taskProfiles } from "./tasks.ts";
import type { Workload } from "./workload.ts";

/** Is it fast enough? What nobody has measured is null: it rules nothing out and satisfies nothing. */

export const latency: Rule = ({ local, model, workload }) => {
  const forFirstToken = taskProfiles[model.task].budgetFor === "first token";
  const budget = { rule: forFirstToken ? "first-token" : "latency-p95", limit: workload.latencyBudgetMs, unit: "ms" };
  const what = forFirstToken ? "time to the first token" : "p95";
  const actual = (forFirstToken ? local?.firstTokenMs : local?.p95Ms) ?? null;
  if (local === null || local.alone === null || actual === null) {
    return {
      ...budget,
      passed: null,
      actual: null,
      text: `${what} is unknown: nobody has measured ${local === null ? "the endpoint" : "this kind of model"}`,
      source: "not measured",
    };
  }
  const passed = actual <= workload.latencyBudgetMs;
  const sum = explain(local.alone, forFirstToken ? 0 : workload.tokensOut, workload);
  return {
    ...budget,
    passed,
    actual,
    text:
      `${what} ${formatMs(actual)} is ${passed ? "within" : "over"} ${formatMs(workload.latencyBudgetMs)}: ` +
      `${sum} × ${round(local.factor)} (safety ${assumptions.safetyFactor.value}, ${workload.concurrency} at once)`,
    source: sourceOf(local.facts.flopsPerSecondPerCore),
  };
};

/** "(2.01 s for 128 tokens in + 128 × 46.2 ms)" */
function explain(alone: NonNullable<LocalPrediction["alone"]>, tokensOut: number, workload: Workload): string {
  const prompt = `${formatMs(alone.promptMs)} for ${workload.tokensIn} tokens in`;
  if (alone.perTokenMs === null || tokensOut === 0) return prompt;
  return `(${prompt} + ${tokensOut} × ${formatMs(alone.perTokenMs)})`;
}

export const tokenRate: Rule = ({ local, model }) => {
  const actual = local?.tokensPerSecond ?? null;
  if (actual === null || local?.facts.readBytesPerSecond == null || model.task !== "chat") return null;
  const limit = assumptions.readableTokensPerSecond.value;
  const passed = actual >= limit;
  return {
    rule: "tokens-per-second",
    passed,
    actual,
    limit,
    unit: "tokens/s",
    text: `streams ${actual} tokens/s, ${passed ? "at least" : "under"} ${limit}`,
    source: sourceOf(local.facts.readBytesPerSecond),
  };
};

export const duration: Rule = ({ local, platform }) => {
  const actual = local?.p95Ms ?? null;
  if (actual === null || platform.maxDurationSeconds === null) return null;
  const limit = platform.maxDurationSeconds.value * 1_000;
  const passed = actual <= limit;
  return {
    rule: "max-duration",
    passed,
    actual,
    limit,
    unit: "ms",
    text: `the whole answer takes ${formatMs(actual)}, ${passed ? "within" : "over"} the ${formatMs(limit)} a function may run`,
    source: sourceOf(platform.maxDurationSeconds),
  };
};

export const coldStart: Rule = ({ local, workload }) => {
  const limit = workload.coldStartBudgetMs;
  if (limit === null) return null;
  const budget = { rule: "cold-start", limit, unit: "ms" };
  if (local === null) {
    const text = "cold start is unknown: nobody has measured this function on the platform";
    return { ...budget, passed: null, actual: null, text, source: "not measured" };
  }
  const passed = local.coldStartMs <= limit;
  return {
    ...budget,
    passed,
    actual: local.coldStartMs,
    text: `cold start ${formatMs(local.coldStartMs)} is ${passed ? "within" : "over"} ${formatMs(limit)}, plus the platform's fetch of the bundle`,
    source: sourceOf(local.engine.importMs),
  };
};

function round(factor: number): number {
  return Number(factor.toPrecision(3));
}
