import { assumptions } from "../data/engines.ts";
import { formatMs } from "./format.ts";
import type { LocalPrediction } from "./local.ts";
import { compared } from "./margin.ts";
import { measuredOn, sourceOf, sourceOfFigure, type Rule, type Situation } from "./rule.ts";
import type { Workload } from "./workload.ts";

/** Is it fast enough? What nobody has measured is null: it rules nothing out and satisfies nothing. */

export const latency: Rule = (situation) => {
  const { local, workload } = situation;
  const forFirstToken = workload.budgetFor === "first token";
  const budget = { rule: forFirstToken ? "first-token" : "latency-p95", limit: workload.latencyBudgetMs, unit: "ms" };
  const what = forFirstToken ? "time to the first token" : "p95";
  const actual = (forFirstToken ? local?.firstTokenMs : local?.p95Ms) ?? null;
  if (local === null || actual === null) {
    return {
      ...budget,
      passed: null,
      actual: null,
      text: `${what} is unknown: nobody has measured ${local === null ? "the endpoint" : "this kind of model"}`,
      source: "not measured",
    };
  }
  return {
    ...budget,
    passed: actual <= workload.latencyBudgetMs,
    actual,
    text:
      `${what} ${formatMs(actual)} ${compared(actual, workload.latencyBudgetMs, "ms")}` +
      sumOf(situation, forFirstToken ? 0 : workload.tokensOut),
    source: sourceOfFigure(situation, local.facts.range.prompt),
  };
};

function sumOf({ local, measured, workload }: Situation, tokensOut: number): string {
  if (measured !== null) return `: ${measuredOn(measured)}`;
  if (local === null || local.alone === null) return "";
  const safety = `safety ${assumptions.safetyFactor.value}, ${workload.concurrency} at once`;
  return `: ${sum(local.alone, tokensOut, workload)} × ${round(local.factor)} (${safety})`;
}

/** "(2.01 s for 128 tokens in + 128 × 46.2 ms)" */
function sum(alone: NonNullable<LocalPrediction["alone"]>, tokensOut: number, workload: Workload): string {
  const prompt = `${formatMs(alone.promptMs)} for ${workload.tokensIn} tokens in`;
  if (alone.perTokenMs === null || tokensOut === 0) return prompt;
  return `(${prompt} + ${tokensOut} × ${formatMs(alone.perTokenMs)})`;
}

/** Words that come slower than they are read; an answer in one piece is not watched. */
export const tokenRate: Rule = (situation) => {
  const { local, model, workload } = situation;
  const actual = local?.tokensPerSecond ?? null;
  if (actual === null || local?.facts.token == null) return null;
  if (model.task !== "chat" || !workload.streaming) return null;
  const limit = assumptions.readableTokensPerSecond.value;
  const passed = actual >= limit;
  return {
    rule: "tokens-per-second",
    passed,
    actual,
    limit,
    unit: "tokens/s",
    text: `streams ${actual} tokens/s, ${passed ? "at least" : "under"} ${limit}`,
    source: sourceOfFigure(situation, local.facts.range.prompt),
  };
};

export const duration: Rule = ({ local, platform }) => {
  const actual = local?.p95Ms ?? null;
  if (actual === null || platform.maxDurationSeconds === null) return null;
  const limit = platform.maxDurationSeconds.value * 1_000;
  return {
    rule: "max-duration",
    passed: actual <= limit,
    actual,
    limit,
    unit: "ms",
    text: `the whole answer takes ${formatMs(actual)}, which ${compared(actual, limit, "ms")} that a function may run`,
    source: sourceOf(platform.maxDurationSeconds),
  };
};

/** Workers: what is loaded before the first request is limited, not only paid for. */
export const startUp: Rule = (situation) => {
  const { local, platform } = situation;
  if (local === null || platform.startUpMs === null) return null;
  const limit = platform.startUpMs.value;
  return {
    rule: "start-up",
    passed: local.coldStartMs <= limit,
    actual: local.coldStartMs,
    limit,
    unit: "ms",
    text: `loading the model takes ${formatMs(local.coldStartMs)}, which ${compared(local.coldStartMs, limit, "ms")}, the time that ${platform.title} gives code to start`,
    source: sourceOf(platform.startUpMs),
  };
};

export const coldStart: Rule = (situation) => {
  const { local, workload, measured } = situation;
  const limit = workload.coldStartBudgetMs;
  if (limit === null) return null;
  const budget = { rule: "cold-start", limit, unit: "ms" };
  if (local === null) {
    const text = "cold start is unknown: nobody has measured this function on the platform";
    return { ...budget, passed: null, actual: null, text, source: "not measured" };
  }
  const how = measured === null ? "" : ` (${measuredOn(measured)})`;
  return {
    ...budget,
    passed: local.coldStartMs <= limit,
    actual: local.coldStartMs,
    text:
      `cold start ${formatMs(local.coldStartMs)} ${compared(local.coldStartMs, limit, "ms")}${how}, ` +
      "plus the platform's fetch of the bundle",
    source: sourceOfFigure(situation, local.facts.range.coldStart),
  };
};

function round(factor: number): number {
  return Number(factor.toPrecision(3));
}
