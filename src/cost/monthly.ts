import { models } from "../data/models.ts";
import { priceTable } from "../data/token-prices.ts";
import type { Task } from "../config/words.ts";
import type { Alternative, MonthlyCost, PlannedWorkload } from "../plan/types.ts";
import { formatCount, formatUsd, roundUsd } from "./money.ts";
import { costOf } from "./option.ts";
import type { CostSettings, Costed } from "./types.ts";

export type MonthlyOption = Alternative & { task: Task; workload: PlannedWorkload; modelId: string | null };

/** What is known besides: the size of a model that is not in the catalogue, and the settings of `edge-ai cost`. */
export interface MonthlySettings extends Partial<CostSettings> {
  model?: { params: number; activeParams: number | null } | undefined;
}

/**
 * What a month of one mode costs in USD, for the planner: the same number as `edge-ai cost` gives.
 * @returns null without requests a month, and where something has no price
 * @throws Error before `loadPrices`, unless the model runs in the function
 */
export function monthlyCost(option: MonthlyOption, settings: MonthlySettings = {}): MonthlyCost | null {
  const { requestsPerMonth: requests } = option.workload;
  if (requests === null) return null;
  const { model, ...given } = settings;
  // Prices that change on a day count as on the day of the table: planning has no clock.
  const now = given.now ?? new Date(`${priceTable.published}T12:00:00Z`);
  const formula = costOf(costedOf(option, model), option.platform, { requestsAtPeak: requests, ...given, now });
  if ("reason" in formula) return null;
  const { usd: exact, supply } = formula.month(requests);
  const usd = roundUsd(exact);
  const host = supply === null ? "" : `, with ${supply}`;
  return {
    usd,
    text: `${formatUsd(usd)} a month at ${formatCount(requests)} requests on ${planOf[option.platform]}${host}`,
    source: "edge-ai cost: list prices in src/data/prices, each with its page and date",
  };
}

const planOf = { vercel: "Vercel Pro", cloudflare: "the paid Workers plan" } as const;

function costedOf(option: MonthlyOption, known: MonthlySettings["model"]): Costed {
  const { mode, predicted, task, workload, modelId } = option;
  const listed = models.find(({ id }) => id === modelId)?.params;
  const size = known ?? (listed === undefined ? null : { params: listed.total, activeParams: listed.active });
  const model = { id: modelId, params: size?.params ?? null, activeParams: size?.activeParams ?? null };
  return { mode, predicted, function: option.function, task, workload, model };
}
