import type { Explained, ExplainedInput } from "../../explain.ts";
import { taskProfiles, WHOLE_ANSWER_BUDGET_MS } from "../tasks.ts";
import type { Draft } from "../plan.ts";
import type { PlanInput } from "../types.ts";
import { asked, explained } from "./entry.ts";

/** What was asked for, by a flag or by default, as inputs of other numbers. */
export function workloadInputs({ workload, model }: Draft, input: PlanInput) {
  const ofTask = `chosen by edge-ai for ${model.task}`;
  const whole = workload.budgetFor === "answer" && taskProfiles[model.task].budgetFor === "first token";
  const patience = `${WHOLE_ANSWER_BUDGET_MS} ms keep people's mind on a task (J. Nielsen, from memory)`;
  return {
    tokensIn: asked("tokens in", {
      value: workload.tokensIn,
      given: input.tokensIn,
      unit: "tokens",
      flag: "--tokens-in",
      otherwise: ofTask,
    }),
    tokensOut: asked("tokens out", {
      value: workload.tokensOut,
      given: input.tokensOut,
      unit: "tokens",
      flag: "--tokens-out",
      otherwise: ofTask,
    }),
    concurrency: asked("at once", {
      value: workload.concurrency,
      given: input.concurrency,
      unit: "requests",
      flag: "--concurrency",
      otherwise: "one request at a time",
    }),
    latencyBudget: asked("latency budget", {
      value: workload.latencyBudgetMs,
      given: input.latencyBudgetMs,
      unit: "ms",
      flag: "--latency-budget, or latencyBudgetMs of edge-ai.json",
      otherwise: whole ? patience : ofTask,
    }),
  } satisfies Record<string, ExplainedInput>;
}

/** The load and the budgets. */
export function explainWorkload(draft: Draft, input: PlanInput): Explained[] {
  const { workload } = draft;
  const optional: [what: string, value: number | null, unit: string, flag: string][] = [
    ["requests a second", workload.requestsPerSecond, "requests a second", "--rps"],
    ["requests a month", workload.requestsPerMonth, "requests", "--monthly-requests"],
    ["cold-start budget", workload.coldStartBudgetMs, "ms", "--cold-start-budget"],
    ["monthly budget", workload.monthlyBudgetUsd, "USD", "--budget"],
  ];
  const inputs = [
    ...Object.values(workloadInputs(draft, input)),
    ...optional.flatMap(([name, value, unit, flag]) =>
      value === null ? [] : [asked(name, { value, given: value, unit, flag, otherwise: "" })],
    ),
  ];
  return inputs.map((one) => explained(one.name, Number(one.value), one.unit, one.name, [one]));
}
