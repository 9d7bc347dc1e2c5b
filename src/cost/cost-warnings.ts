import { stalePrices } from "../data/prices/age.ts";
import { costAssumptions } from "../data/prices/assumptions.ts";
import type { ExplainedInput } from "../explain.ts";
import type { Plan } from "../plan/types.ts";
import { dearestRegion } from "./vercel.ts";
import type { PlanCost } from "./plan-cost.ts";

/** What somebody has to know about a cost: what is assumed, left out or old. @param now the clock, as an argument */
export function costWarnings(
  { workload, function: { regions } }: Pick<Plan, "workload" | "function">,
  cost: PlanCost,
  now: Date,
): string[] {
  const all = cost.options.flatMap(({ months }) => months ?? []);
  const amounts = [...all.flatMap(({ lines }) => lines), ...cost.options.flatMap(({ others }) => others)];
  const inputs = amounts.flatMap((amount) => amount.inputs);
  const thin = cost.options.some(({ mode, months }) => mode !== "local" && months !== null);
  return [
    ...(regions.length > 1 ? [`several regions: all of it is counted in ${dearestRegion(regions)}, the dearest`] : []),
    ...(thin && workload.concurrency === 1
      ? ["memory is counted as if each request had an instance to itself: --concurrency says how many share one"]
      : []),
    ...(thin ? ["how long an endpoint takes is assumed, not measured: --explain says what is assumed"] : []),
    "not counted: cold starts, other pages and files, logs, taxes; traffic is taken as even over the month",
    ...stalePrices(inputs.filter(isPrice), now),
  ];
}

/** Of prices, what was looked up: not what was asked for, chosen by us, or follows from the rest. */
function isPrice(input: ExplainedInput): input is ExplainedInput & { checkedAt: string } {
  return input.checkedAt !== null && input.source !== costAssumptions.hoursPerMonth.source;
}
