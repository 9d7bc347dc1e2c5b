import { compared } from "./margin.ts";
import type { Rule } from "./rule.ts";

/** Is it within what may be spent a month? A price that nobody knows is never a pass. */
export const monthlyCost: Rule = ({ workload, monthlyCost: cost }) => {
  const limit = workload.monthlyBudgetUsd;
  if (limit === null) return null;
  const budget = { rule: "monthly-cost", limit, unit: "USD" };
  if (cost === null) {
    const why = hasTraffic(workload) ? "no price is known for it" : "--monthly-requests was not given";
    return { ...budget, passed: null, actual: null, text: `cost a month is unknown: ${why}`, source: "not known" };
  }
  return {
    ...budget,
    passed: cost.usd <= limit,
    actual: cost.usd,
    text: `${cost.text}, which ${compared(cost.usd, limit, "USD")}`,
    source: cost.source,
  };
};

/** True when a month of traffic was asked for: only then there is something to price. */
export function hasTraffic({ requestsPerMonth }: { requestsPerMonth: number | null }): boolean {
  return requestsPerMonth !== null;
}
