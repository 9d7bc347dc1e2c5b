import type { GpuName } from "../data/prices/gpus.ts";
import { gpus } from "../data/prices/gpus.ts";
import type { Explained } from "../explain.ts";
import type { Answer, Plan } from "../plan/types.ts";
import { gpuNames } from "./endpoint.ts";
import { formatUsd, roundEach, roundUsd, formatCount } from "./money.ts";
import type { PlanCost } from "./plan-cost.ts";
import type { Free, Item, Month, OptionCost } from "./types.ts";

/** What `edge-ai cost --json` prints. Amounts are rounded as they are in the text. */
export interface CostDocument {
  version: 1;
  task: Plan["task"];
  model: { id: string | null };
  mode: Plan["mode"];
  platform: Plan["platform"];
  regions: string[];
  workload: { tokensIn: number; tokensOut: number; concurrency: number };
  requestsPerMonth: number[];
  options: CostOption[];
  breakEvens: { name: string; requests: number | null; text: string }[];
  budget: Budget | null;
  /** GPUs that --endpoint takes. */
  endpoints: { name: GpuName; title: string; vendor: string; usdPerHour: number }[];
  warnings: string[];
  explained?: Explained[];
}

export interface CostOption {
  mode: Plan["mode"];
  platform: Plan["platform"];
  planned: boolean;
  passed: Answer;
  failed: string[];
  /** Why there are no months. */
  reason: string | null;
  months: CostMonth[] | null;
  /** Other ways to have the model run, with what they alone cost at the middle size. */
  others: { name: string; usd: number }[];
}

export interface CostMonth {
  requests: number;
  usd: number;
  perRequestUsd: number;
  lines: { item: Item; usd: number }[];
  /** Who runs the model; null when the function does. */
  supply: string | null;
  free: Free;
}

export interface Budget {
  limitUsd: number;
  /** The traffic it is held against, a month. */
  requests: number;
  /** null: the planned mode has no price. */
  usd: number | null;
  passed: Answer;
  /** When it is over: what would be within, and is not ruled out by anything else. Cheapest first. */
  within: { mode: Plan["mode"]; platform: Plan["platform"]; usd: number }[];
}

/** A priced plan as a document. @param limitUsd what may be spent a month at the middle size */
export function costDocument(
  plan: Plan,
  cost: PlanCost,
  limitUsd: number | undefined,
  warnings: string[],
): CostDocument {
  const { tokensIn, tokensOut, concurrency } = plan.workload;
  return {
    version: 1,
    task: plan.task,
    model: { id: plan.model.id },
    mode: plan.mode,
    platform: plan.platform,
    regions: plan.function.regions,
    workload: { tokensIn, tokensOut, concurrency },
    requestsPerMonth: cost.sizes,
    options: cost.options.map(optionOf),
    breakEvens: cost.breakEvens.map(({ name, requests, text }) => ({ name, requests, text })),
    budget: budgetOf(limitUsd, cost),
    endpoints: gpuNames.map((name) => {
      const { title, vendor, usdPerHour } = gpus[name];
      return { name, title, vendor, usdPerHour: usdPerHour.value };
    }),
    warnings,
  };
}

function optionOf({ months, others, ...option }: OptionCost): CostOption {
  return {
    ...option,
    months: months?.map(monthOf) ?? null,
    others: others.map(({ name, usd }) => ({ name, usd: roundUsd(usd) })),
  };
}

function monthOf({ requests, usd, perRequestUsd, lines, supply, free }: Month): CostMonth {
  return {
    requests,
    usd: roundUsd(usd),
    perRequestUsd: roundEach(perRequestUsd),
    lines: lines.map((line) => ({ item: line.item, usd: roundUsd(line.usd) })),
    supply,
    free,
  };
}

/** No price is no pass. */
function budgetOf(limitUsd: number | undefined, { planned, options, sizes }: PlanCost): Budget | null {
  if (limitUsd === undefined) return null;
  const passed = planned === null ? null : roundUsd(planned.usd) <= limitUsd;
  const within = options.flatMap(({ mode, platform, failed, months }) => {
    const usd = months?.[1]?.usd;
    const fits = usd !== undefined && roundUsd(usd) <= limitUsd && failed.length === 0 && passed !== true;
    return fits ? [{ mode, platform, usd: roundUsd(usd) }] : [];
  });
  const usd = planned === null ? null : roundUsd(planned.usd);
  return { limitUsd, requests: sizes[1], usd, passed, within: within.toSorted((a, b) => a.usd - b.usd) };
}

/** The budget in words: "$45.20 a month at 100,000 requests is over the budget of $20.00". */
export function budgetText({ limitUsd, requests, usd, passed, within }: Budget): string {
  const instead = within.map((each) => `${each.mode} on ${each.platform} (${formatUsd(each.usd)})`).join(", ");
  const rest = instead === "" ? "" : `; within it: ${instead}`;
  if (usd === null)
    return `whether it is within ${formatUsd(limitUsd)} a month is not known: the plan has no price${rest}`;
  const verdict = passed === true ? "within" : "over";
  return `${formatUsd(usd)} a month at ${formatCount(requests)} requests is ${verdict} the budget of ${formatUsd(limitUsd)}${rest}`;
}
