import type { Probe } from "../config/schema.ts";
import { priceOf, tokenPriceSource, type TokenPrice } from "../data/token-prices.ts";
import type { CostFigures } from "./document.ts";
import { isRecord } from "./requests/expect.ts";
import type { Usage } from "./samples.ts";
import { upperMean } from "./statistics/statistics.ts";

export { loadPrices, priceTable } from "../data/token-prices.ts";

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
  return { usd, text: `${requests} requests cost at most about $${shortNumber(usd)} (${tokenPriceSource()})` };
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

const shownPrices = { input_mtok: "input", cache_read_mtok: "cached input", output_mtok: "output" } as const;

function priceLine(model: string, { provider, model_price: price }: TokenPrice): string {
  const parts = Object.entries(shownPrices).flatMap(([key, word]) => {
    const amount = price[key];
    if (amount === undefined) return [];
    return [typeof amount === "number" ? `$${amount}/M ${word}` : `from $${amount.base}/M ${word}`];
  });
  return `${model} at ${provider.name}: ${parts.join(", ")} tokens; ${tokenPriceSource(provider)}`;
}

function unknownPrice(model: string): string {
  return `no price for ${model} in ${tokenPriceSource()}`;
}

/** Two digits that count: 0.0024. */
function shortNumber(usd: number): string {
  return usd >= 1 ? usd.toFixed(2) : String(Number(usd.toPrecision(2)));
}
