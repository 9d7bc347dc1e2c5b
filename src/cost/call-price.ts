import { imageCalls, megapixelsOfImage } from "../data/prices/calls.ts";
import { workersAiModels } from "../data/prices/cloudflare.ts";
import { workersAi } from "../data/providers.ts";
import { priceOf, priceTable, tokenPriceSource } from "../data/token-prices.ts";
import { derived, factInput } from "./inputs.ts";
import type { Amount } from "./types.ts";

/** What one call is for. */
export interface Call {
  tokensIn: number;
  tokensOut: number;
  /** The day whose price counts. */
  now: Date;
}

export type CallPrice = Amount & { item: "tokens" | "pictures" };

/**
 * What one typical call of a model costs, in USD. Prices have tiers by the size of a call, so one call is priced, never the sum
 * of a month.
 * @param name "provider:model" or "model"
 * @returns null when no table has a price
 * @throws Error before `loadPrices`
 */
export function callPrice(name: string, call: Call): CallPrice | null {
  const { provider, model } = partsOf(name);
  if (provider === "workers-ai") return workersAiPrice(model, call);
  // Elsewhere a model of that name has another price.
  if (isWorkersAi(name)) return tokenPrice("cloudflare", model, call);
  return imagePrice(name) ?? tokenPrice(provider, model, call);
}

/** True for a call that Workers AI answers, whose first neurons of a day are free: "@cf/…", as it names models, or our "workers-ai:…". */
export function isWorkersAi(name: string): boolean {
  return name.startsWith("workers-ai:") || workersAi.models.test(name);
}

/** "openrouter:qwen/qwen3-8b" → openrouter and qwen/qwen3-8b. A model of its own may have a colon: "llama-3.1:free". */
function partsOf(name: string): { provider: string | undefined; model: string } {
  const colon = name.indexOf(":");
  const slash = name.indexOf("/");
  if (colon < 1 || (slash !== -1 && slash < colon)) return { provider: undefined, model: name };
  return { provider: name.slice(0, colon), model: name.slice(colon + 1) };
}

function tokenPrice(provider: string | undefined, model: string, { tokensIn, tokensOut, now }: Call): CallPrice | null {
  const use = { model, inputTokens: tokensIn, cachedInputTokens: 0, outputTokens: tokensOut };
  const price = priceOf(use, provider, now);
  if (price === null) return null;
  const source = tokenPriceSource(price.provider);
  const rate = (name: string, usd: number, tokens: number) => ({
    name: `${name} of ${price.model.id} at ${price.provider.name}, for a call of this size`,
    value: tokens === 0 ? 0 : (usd / tokens) * 1e6,
    unit: "USD a million",
    source,
    checkedAt: priceTable.published,
  });
  return {
    item: "tokens",
    usd: price.total_price,
    formula: "(tokens in × input price + tokens out × output price) / 1,000,000",
    inputs: [
      tokensAsked("tokens in", tokensIn),
      tokensAsked("tokens out", tokensOut),
      rate("input price", price.input_price, tokensIn),
      rate("output price", price.output_price, tokensOut),
    ],
  };
}

function tokensAsked(name: string, tokens: number) {
  return derived(name, tokens, "a request", "the workload; --tokens-in, --tokens-out");
}

function workersAiPrice(model: string, { tokensIn, tokensOut }: Call): CallPrice | null {
  const rates = workersAiModels[model];
  if (rates === undefined) return null;
  const { inputUsdPerMillion, outputUsdPerMillion } = rates;
  return {
    item: "tokens",
    usd: (tokensIn * inputUsdPerMillion.value + tokensOut * outputUsdPerMillion.value) / 1e6,
    formula: "(tokens in × input price + tokens out × output price) / 1,000,000",
    inputs: [
      tokensAsked("tokens in", tokensIn),
      tokensAsked("tokens out", tokensOut),
      factInput(`input price of ${model} at Workers AI`, inputUsdPerMillion, "USD a million"),
      factInput(`output price of ${model} at Workers AI`, outputUsdPerMillion, "USD a million"),
    ],
  };
}

function imagePrice(name: string): CallPrice | null {
  const price = Object.entries(imageCalls).find(([id]) => id === name)?.[1];
  if (price === undefined) return null;
  return {
    item: "pictures",
    usd: price.usdPerMegapixel.value * megapixelsOfImage.value,
    formula: "megapixels × price",
    inputs: [
      factInput("megapixels", megapixelsOfImage, "a picture"),
      factInput(`price of ${name}`, price.usdPerMegapixel, "USD/megapixel"),
    ],
  };
}
