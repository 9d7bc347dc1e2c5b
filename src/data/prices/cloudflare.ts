import { from, type Fact } from "../fact.ts";

/** What Cloudflare Workers cost, in USD. There is no charge for traffic, and none for time in which nothing is computed. */

const workers = from("https://developers.cloudflare.com/workers/platform/pricing/", "2026-11-23");
const workersAi = from("https://developers.cloudflare.com/workers-ai/platform/pricing/", "2026-07-09");

/** The paid plan. */
export const workersPaid = {
  baseUsd: workers(5),
  includedRequests: workers(10e6),
  requestsUsdPerMillion: workers(0.3),
  includedCpuMs: workers(30e6),
  cpuUsdPerMillionMs: workers(0.02),
} as const satisfies Record<string, Fact>;

/** The free plan: requests a day, and the longest that one may compute. */
export const workersFree = {
  requestsPerDay: workers(100_000),
  cpuMsPerRequest: workers(10),
} as const satisfies Record<string, Fact>;

export const neurons = {
  usdPerThousand: workersAi(0.011),
  /** On both plans. */
  freePerDay: workersAi(10_000),
} as const satisfies Record<string, Fact>;

export interface TokenRates {
  inputUsdPerMillion: Fact;
  outputUsdPerMillion: Fact;
}

function llm(input: number, output: number): TokenRates {
  return { inputUsdPerMillion: workersAi(input), outputUsdPerMillion: workersAi(output) };
}

// Read from an older copy of the page than the rest.
const embedding = from(
  "https://developers.cloudflare.com/workers-ai/platform/pricing/, an older copy without a date",
  "2026-07-09",
);

function embedder(input: number): TokenRates {
  return { inputUsdPerMillion: embedding(input), outputUsdPerMillion: embedding(0) };
}

/** Workers AI, by the last part of its name. */
export const workersAiModels: Readonly<Record<string, TokenRates>> = {
  "llama-3.2-1b": llm(0.027, 0.201),
  "llama-3.2-3b": llm(0.051, 0.335),
  "llama-3.1-8b-fp8-fast": llm(0.045, 0.384),
  "llama-3.3-70b-fp8-fast": llm(0.293, 2.253),
  "llama-4-scout": llm(0.27, 0.85),
  "gpt-oss-20b": llm(0.2, 0.3),
  "gpt-oss-120b": llm(0.35, 0.75),
  "qwen3-30b-a3b-fp8": llm(0.051, 0.335),
  "gemma-4-26b-a4b": llm(0.1, 0.3),
  "mistral-small-3.1-24b": llm(0.351, 0.555),
  "granite-4.0-h-micro": llm(0.017, 0.112),
  "glm-4.7-flash": llm(0.06, 0.4),
  "bge-small": embedder(0.02),
  "bge-base": embedder(0.067),
  "bge-large": embedder(0.204),
};
