import type { Plan } from "../plan/types.ts";
import { quoted } from "../shell-word.ts";

/** `edge-ai plan` for the app of a plan, with other flags in place of what they change; "" is the value of a flag without one. */
export function planCommand(
  { model, task, mode, workload, limits }: Plan,
  change: Readonly<Record<string, string>>,
  without: readonly string[] = [],
): string {
  const { requestsPerSecond, requestsPerMonth } = workload;
  const flags = {
    ...(model.id === null ? { "--params": String(model.params) } : { "--model": model.id }),
    "--task": task,
    "--mode": mode,
    ...(requestsPerSecond === null ? {} : { "--rps": String(requestsPerSecond) }),
    ...(requestsPerMonth === null ? {} : { "--monthly-requests": String(requestsPerMonth) }),
    ...(limits.coldStartBudgetMs === null ? {} : { "--cold-start-budget": String(limits.coldStartBudgetMs) }),
    ...(limits.monthlyBudgetUsd === null ? {} : { "--budget": String(limits.monthlyBudgetUsd) }),
    ...(limits.thirdParty ? {} : { "--no-third-party": "" }),
    ...change,
  };
  const all = Object.entries(flags).filter(
    ([flag]) => !without.includes(flag) && (flag !== "--params" || !("--model" in change)),
  );
  return ["edge-ai plan", ...all.map(([flag, value]) => (value === "" ? flag : `${flag} ${quoted(value)}`))].join(" ");
}
