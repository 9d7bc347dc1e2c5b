import { costDocument } from "../cost/document.ts";
import { costWarnings } from "../cost/cost-warnings.ts";
import { gpuNames } from "../cost/endpoint.ts";
import { explainCost } from "../cost/explain-cost.ts";
import { callPrice } from "../cost/call-price.ts";
import { costMarkdown } from "../cost/markdown.ts";
import { monthlyCost } from "../cost/monthly.ts";
import { costPlan, DEFAULT_REQUESTS } from "../cost/plan-cost.ts";
import { renderCost } from "../cost/render.ts";
import type { CostSettings } from "../cost/types.ts";
import type { GpuName } from "../data/prices/gpus.ts";
import { loadPrices } from "../data/token-prices.ts";
import { CliError } from "../errors.ts";
import { renderExplained } from "../explain.ts";
import { answer, say, type Io } from "../io.ts";
import { planModel } from "../plan/plan.ts";
import type { Plan } from "../plan/types.ts";
import { planInput, type WorkloadOptions } from "./plan-input.ts";

export interface CostOptions extends WorkloadOptions {
  providerModel?: string | undefined;
  endpoint?: string | undefined;
  transferBytes?: number | undefined;
  markdown?: boolean | undefined;
}

/** Says what a plan and its runners-up cost. @returns 0; 1 when the planned mode is over --budget, has no price to hold against it, or does not fit at all */
export async function costCommand(io: Io, options: CostOptions): Promise<number> {
  const endpoint = gpuOf(options.endpoint);
  await loadPrices();
  const settings = { ...settingsOf(options), endpoint };
  const plan = await planOf(io, options, settings);
  checkProvider(settings, plan);
  const cost = costPlan(plan, settings);
  const fit = plan.fits ? [] : ["the planned mode does not fit: edge-ai plan says why"];
  // What the plan has to say is not about money.
  for (const warning of plan.warnings) say(io, warning);
  const warnings = [...fit, ...costWarnings(plan, cost, settings.now)];
  const document = costDocument(plan, cost, options.budget, warnings);
  const explained = options.explain === true ? explainCost(plan, cost, options.budget) : null;
  if (options.json === true) answer(io, { ...document, ...(explained !== null && { explained }) });
  else {
    const text = options.markdown === true ? costMarkdown(document) : renderCost(document);
    answer(io, explained === null ? text : `${text}\n\n${renderExplained(explained)}`);
  }
  return document.budget === null || (document.budget.passed === true && plan.fits) ? 0 : 1;
}

function settingsOf({ providerModel, transferBytes, thirdParty, monthlyRequests }: CostOptions): CostSettings {
  return { providerModel, transferBytes, thirdParty, requestsAtPeak: monthlyRequests, now: new Date() };
}

/** The plan at the middle size, with prices of this command's own settings: --budget can move it to another mode. */
async function planOf(io: Io, options: CostOptions, settings: CostSettings): Promise<Plan> {
  const monthlyRequests = options.monthlyRequests ?? DEFAULT_REQUESTS;
  const { input, knowledge } = await planInput(io, { ...options, monthlyRequests });
  const { model } = planModel(input, { ...knowledge, monthlyCost: undefined });
  const size = model.confidence === "unpublished" ? undefined : model;
  return planModel(input, {
    ...knowledge,
    monthlyCost: (option) => monthlyCost(option, { ...settings, ...(option.modelId === model.id && { model: size }) }),
  });
}

function gpuOf(name: string | undefined): GpuName | undefined {
  const gpu = gpuNames.find((each) => each === name);
  if (name !== undefined && gpu === undefined) {
    throw new CliError("USAGE", `--endpoint cannot be ${JSON.stringify(name)}`, {
      hint: `give one of ${gpuNames.join(", ")}`,
    });
  }
  return gpu;
}

function checkProvider({ providerModel, now }: CostSettings, { workload }: Plan): void {
  const { tokensIn, tokensOut } = workload;
  if (providerModel === undefined || callPrice(providerModel, { tokensIn, tokensOut, now }) !== null) return;
  throw new CliError("USAGE", `no price is known for --provider-model ${JSON.stringify(providerModel)}`, {
    hint: "give provider:model as @pydantic/genai-prices names them, like openai:gpt-5-mini",
  });
}
