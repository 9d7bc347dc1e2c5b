import type { Provider } from "@pydantic/genai-prices";
import type { Probe } from "../config/schema.ts";
import type { CostFigures } from "./document.ts";
import { isRecord } from "./requests/expect.ts";
import type { Usage } from "./samples.ts";
import { upperMean } from "./statistics/statistics.ts";

/** The version of the table of prices, and the day it was published: the table itself has no date. A test compares the version. */
export const priceTable = { name: "@pydantic/genai-prices", version: "0.1.8", published: "2026-09-23" } as const;

type Prices = typeof import("@pydantic/genai-prices");
type Price = NonNullable<ReturnType<Prices["calcPrice"]>>;

let prices: Prices | null = null;

/** Loads the table of prices. It takes 40 ms and 20 MB, so it is loaded when there is something to price. */
export async function loadPrices(): Promise<void> {
  prices ??= await import("@pydantic/genai-prices");
}

/**
 * What the tokens of one answer cost, in USD: its own usage figures at list prices.
 * @param provider who serves the model, as the table names it ("openai"), where its name does not say so
 * @returns null when the table has no price for the model; a model that runs on your own machine has none either, and still
 * costs its machine
 * @throws Error before `loadPrices`
 */
export function usdOf(usage: Usage, provider?: string): number | null {
  return priceOf(usage, provider)?.total_price ?? null;
}

/**
 * Prices the answers of a run. Answers without a known price are not counted: `requests` is then smaller than the number of
 * `usages`, and `prices` names their models.
 * @returns null when no answer has a price; amounts in USD
 * @throws Error before `loadPrices`, unless there is nothing to price
 */
export function costFigures(
  usages: readonly Usage[],
  { provider, monthlyRequests }: { provider?: string; monthlyRequests?: number | undefined } = {},
): CostFigures | null {
  const costs: number[] = [];
  const lines = new Map<string, string>();
  for (const usage of usages) {
    const price = priceOf(usage, provider);
    if (price !== null) costs.push(price.total_price);
    const name = usage.model ?? "answers that name no model";
    if (!lines.has(name)) lines.set(name, price === null ? unknownPrice(name) : priceLine(name, price));
  }
  if (costs.length === 0) return null;
  const totalUsd = costs.reduce((sum, usd) => sum + usd, 0);
  const highestMeanUsd = upperMean(costs);
  const monthlyUsd = highestMeanUsd === null || monthlyRequests === undefined ? null : highestMeanUsd * monthlyRequests;
  const meanUsd = totalUsd / costs.length;
  return { requests: costs.length, totalUsd, meanUsd, highestMeanUsd, monthlyUsd, prices: [...lines.values()] };
}

/** A token of text has three or more characters in most languages, so this many bytes count rather too many tokens. */
const BYTES_PER_TOKEN = 3;
/** Taken where a probe sets no limit: a long answer of a chat. */
const OUTPUT_TOKENS = 1_000;

/**
 * What a run is going to cost at most, before it is sent: the bytes of each body at three to a token, and as many output tokens
 * as the body allows, or 1,000.
 * @param modelId the model where the body of a probe names none
 * @returns USD, null when a price is not known; and a line that says so
 * @throws Error before `loadPrices`
 */
export function estimateCost(
  probes: readonly Probe[],
  requests: number,
  modelId: string | null,
): { usd: number | null; text: string } {
  const weights = probes.reduce((sum, { weight }) => sum + weight, 0);
  let usd = 0;
  for (const probe of probes) {
    const usage = usageAtMost(probe, modelId);
    const each = usdOf(usage);
    if (each === null) {
      const text = `what ${requests} requests cost is not known: ${unknownPrice(usage.model ?? "a model without a name")}`;
      return { usd: null, text };
    }
    usd += (each * requests * probe.weight) / weights;
  }
  return { usd, text: `${requests} requests cost at most about $${shortNumber(usd)} (${sourceOf()})` };
}

function usageAtMost({ body }: Probe, modelId: string | null): Usage {
  const wanted = isRecord(body) ? body : {};
  const limits = [wanted["max_tokens"], wanted["max_completion_tokens"], wanted["max_output_tokens"]];
  const limit = limits.find((each) => typeof each === "number");
  return {
    model: typeof wanted["model"] === "string" ? wanted["model"] : modelId,
    inputTokens: body === undefined ? 0 : Math.ceil(Buffer.byteLength(JSON.stringify(body)) / BYTES_PER_TOKEN),
    cachedInputTokens: 0,
    outputTokens: typeof limit === "number" ? limit : OUTPUT_TOKENS,
  };
}

function priceOf(usage: Usage, provider?: string): Price | null {
  if (prices === null) throw new Error("loadPrices() comes before prices");
  const { model } = usage;
  if (model === null) return null;
  const tokens = {
    input_tokens: usage.inputTokens,
    cache_read_tokens: Math.min(usage.cachedInputTokens, usage.inputTokens),
    output_tokens: usage.outputTokens,
  };
  const slash = model.indexOf("/");
  const price =
    calculate(prices, tokens, model, provider) ??
    // "openai/gpt-4o", as gateways name models.
    (slash > 0 ? calculate(prices, tokens, model.slice(slash + 1), model.slice(0, slash)) : null);
  return price !== null && hasTokenPrice(price) ? price : null;
}

function calculate(from: Prices, tokens: Record<string, number>, model: string, provider?: string): Price | null {
  if (provider !== undefined && from.findProvider({ providerId: provider }) === undefined) return null;
  try {
    return from.calcPrice(tokens, model, provider === undefined ? {} : { providerId: provider });
  } catch {
    // The table has a price that does not cover such tokens: then it is not known.
    return null;
  }
}

function hasTokenPrice({ model_price: price }: Price): boolean {
  return price["input_mtok"] !== undefined || price["output_mtok"] !== undefined;
}

const shownPrices = { input_mtok: "input", cache_read_mtok: "cached input", output_mtok: "output" } as const;

function priceLine(model: string, { provider, model_price: price }: Price): string {
  const parts = Object.entries(shownPrices).flatMap(([key, word]) => {
    const amount = price[key];
    if (amount === undefined) return [];
    return [typeof amount === "number" ? `$${amount}/M ${word}` : `from $${amount.base}/M ${word}`];
  });
  return `${model} at ${provider.name}: ${parts.join(", ")} tokens; ${sourceOf(provider)}`;
}

function unknownPrice(model: string): string {
  return `no price for ${model} in ${sourceOf()}`;
}

function sourceOf(provider?: Provider): string {
  const url = provider?.pricing_urls?.[0];
  return `${priceTable.name} ${priceTable.version} of ${priceTable.published}${url === undefined ? "" : `, ${url}`}`;
}

/** Two digits that count: 0.0024. */
function shortNumber(usd: number): string {
  return usd >= 1 ? usd.toFixed(2) : String(Number(usd.toPrecision(2)));
}
