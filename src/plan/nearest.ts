import { models } from "../data/models.ts";
import { formatMs, formatParams } from "./format.ts";
import { pipelines } from "./tasks.ts";
import type { Nearest, Plan, PlanInput, Reason } from "./types.ts";

/** Rules that a bigger budget satisfies, and the budget's flag. */
const BUDGETS: Readonly<Partial<Record<string, { flag: string; key: "latencyBudgetMs" | "coldStartBudgetMs" }>>> = {
  "latency-p95": { flag: "--latency-budget", key: "latencyBudgetMs" },
  "first-token": { flag: "--latency-budget", key: "latencyBudgetMs" },
  "cold-start": { flag: "--cold-start-budget", key: "coldStartBudgetMs" },
};

/**
 * What would fit, nearest first: the same model with a bigger budget, a smaller model of the catalogue, another mode.
 * Each was planned again and fits.
 */
export function findNearest(plan: Plan, input: PlanInput, planAgain: (input: PlanInput) => Plan): Nearest[] {
  return [biggerBudget(plan, input, planAgain), otherModel(plan, input, planAgain), otherMode(input, planAgain)].filter(
    (option) => option !== null,
  );
}

function biggerBudget(plan: Plan, input: PlanInput, planAgain: (input: PlanInput) => Plan): Nearest | null {
  const failed = plan.reasons.filter((reason) => reason.passed === false && reason.mode === plan.mode);
  const wanted = failed.flatMap((reason) => budgetFor(reason));
  const bigger: PlanInput = { ...input };
  for (const { key, ms } of wanted) bigger[key] = ms;
  if (wanted.length === 0 || !planAgain(bigger).fits) return null;
  return {
    kind: "budget",
    flags: wanted.flatMap(({ flag, ms }) => [flag, String(ms)]),
    text: `the same model fits a budget of ${wanted.map(({ ms, rule }) => `${formatMs(ms)} (${rule})`).join(" and ")}`,
  };
}

function budgetFor({ rule, actual }: Reason) {
  const budget = BUDGETS[rule];
  return budget === undefined || actual === null ? [] : [{ ...budget, rule, ms: roundUp(actual) }];
}

/** The largest smaller model of the same task, else the smallest that fits at all. */
function otherModel(plan: Plan, input: PlanInput, planAgain: (input: PlanInput) => Plan): Nearest | null {
  const others = models
    .filter((model) => pipelines[model.task].tasks[0] === plan.task && model.id !== plan.model.id)
    .map((model) => ({ id: model.id, params: model.params.total }))
    .toSorted((a, b) => order(a.params, plan) - order(b.params, plan));
  const fitting = others.find(({ id }) => planAgain(withModel(input, plan, id)).fits);
  if (fitting === undefined) return null;
  return {
    kind: "model",
    flags: ["--model", fitting.id],
    text: `${fitting.id} (${formatParams(fitting.params)}) fits ${plan.mode} with the same budget`,
  };
}

/** Smaller models first, the largest of them in front; then larger ones, the smallest in front. */
function order(params: number, plan: Plan): number {
  return params <= plan.model.params ? -params : params;
}

function withModel(input: PlanInput, plan: Plan, model: string): PlanInput {
  return { ...input, model, params: undefined, task: plan.task };
}

/** What the plan would be if the mode were not forced. */
function otherMode(input: PlanInput, planAgain: (input: PlanInput) => Plan): Nearest | null {
  if (input.mode === undefined) return null;
  const free = planAgain({ ...input, mode: undefined });
  if (!free.fits) return null;
  return { kind: "mode", flags: ["--mode", free.mode], text: `${free.mode} takes this model` };
}

/** Up to two significant digits, so that a budget reads like a budget and still holds. */
function roundUp(ms: number): number {
  const step = 10 ** Math.max(Math.floor(Math.log10(ms)) - 1, 0);
  return Math.ceil(ms / step) * step;
}
