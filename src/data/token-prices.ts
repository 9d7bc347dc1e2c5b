import type { PriceCalculation, Provider } from "@pydantic/genai-prices";

/** The version of the table of token prices, and the day it was published: the table itself has no date. A test compares the version. */
export const priceTable = { name: "@pydantic/genai-prices", version: "0.1.8", published: "2026-09-23" } as const;

/** The tokens of one answer. */
export interface TokenUse {
  /** As the provider calls it: "gpt-4o-mini", or "openai/gpt-4o-mini". */
  model: string | null;
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
}

type Prices = typeof import("@pydantic/genai-prices");
export type TokenPrice = PriceCalculation;

let prices: Prices | null = null;

/** Loads the table of prices. It takes 40 ms and 20 MB, so it is loaded when there is something to price. */
export async function loadPrices(): Promise<void> {
  prices ??= await import("@pydantic/genai-prices");
}

/**
 * What the tokens of one call cost at list prices, in USD. Prices have tiers by the size of a call: price one typical call and
 * multiply, never the sum of many.
 * @param provider who serves the model, as the table names it ("openai"), where its name does not say so
 * @param at the day whose price counts; default: today
 * @returns null when the table has no token price for the model
 * @throws Error before `loadPrices`
 */
export function priceOf(use: TokenUse, provider?: string, at?: Date): TokenPrice | null {
  if (prices === null) throw new Error("loadPrices() comes before prices");
  const { model } = use;
  if (model === null) return null;
  const tokens = {
    input_tokens: use.inputTokens,
    cache_read_tokens: Math.min(use.cachedInputTokens, use.inputTokens),
    output_tokens: use.outputTokens,
  };
  const slash = model.indexOf("/");
  const price =
    calculate(prices, tokens, model, provider, at) ??
    // "openai/gpt-4o", as gateways name models.
    (slash > 0 ? calculate(prices, tokens, model.slice(slash + 1), model.slice(0, slash), at) : null);
  return price !== null && hasTokenPrice(price) ? price : null;
}

function calculate(
  from: Prices,
  tokens: Record<string, number>,
  model: string,
  provider: string | undefined,
  at: Date | undefined,
): TokenPrice | null {
  if (provider !== undefined && from.findProvider({ providerId: provider }) === undefined) return null;
  try {
    return from.calcPrice(tokens, model, {
      ...(provider !== undefined && { providerId: provider }),
      ...(at !== undefined && { timestamp: at }),
    });
  } catch {
    // The table has a price that does not cover such tokens: then it is not known.
    return null;
  }
}

function hasTokenPrice({ model_price: price }: TokenPrice): boolean {
  return price["input_mtok"] !== undefined || price["output_mtok"] !== undefined;
}

/** Where a token price was read: the table with its version and date, and the provider's own page. */
export function tokenPriceSource(provider?: Provider): string {
  const url = provider?.pricing_urls?.[0];
  return `${priceTable.name} ${priceTable.version} of ${priceTable.published}${url === undefined ? "" : `, ${url}`}`;
}
