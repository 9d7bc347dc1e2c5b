import type { Config } from "../config/schema.ts";
import { costPlan, DEFAULT_REQUESTS } from "../cost/plan-cost.ts";
import { loadPrices } from "../data/token-prices.ts";
import { CliError } from "../errors.ts";
import { planModel } from "../plan/plan.ts";
import type { Costs } from "./types.ts";

/**
 * What `edge-ai cost` predicts for the app as edge-ai.json has it, at the traffic that it assumes where nobody says how much
 * there is. In USD a month.
 */
export async function estimateMonth(config: Config, now: Date): Promise<Costs["estimate"]> {
  const { task, mode, target, model, latencyBudgetMs } = config;
  await loadPrices();
  try {
    const input = { model: model.id, task, mode, target, latencyBudgetMs, requestsPerMonth: DEFAULT_REQUESTS };
    const { planned } = costPlan(planModel(input, {}), { now });
    return planned === null
      ? { missing: "the plan has no price: edge-ai cost says why" }
      : { usd: planned.usd, requests: DEFAULT_REQUESTS };
  } catch (error) {
    if (error instanceof CliError) return { missing: error.message };
    throw error;
  }
}
