import type { Task } from "../../config/words.ts";
import { from, type Fact } from "../fact.ts";

/** Who sells calls of a model. Token prices themselves are in token-prices.ts and cloudflare.ts. */

/** "provider:model", the provider as @pydantic/genai-prices names it, or "workers-ai". A test prices every one. */
export type CallName = `${string}:${string}`;

/** Hosts of the open models in the catalogue, by catalogue id. Where a model is missing, no host of it is known to us. */
export const hostsOfModel: Readonly<Record<string, readonly CallName[]>> = {
  "bge-small-en-v1.5": ["workers-ai:bge-small"],
  "llama-3.2-1b-instruct": ["openrouter:meta-llama/llama-3.2-1b-instruct", "workers-ai:llama-3.2-1b"],
  "llama-3.2-3b-instruct": ["openrouter:meta-llama/llama-3.2-3b-instruct", "workers-ai:llama-3.2-3b"],
  "llama-3.1-8b-instruct": [
    "groq:llama-3.1-8b-instant",
    "openrouter:meta-llama/llama-3.1-8b-instruct",
    "together:meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo",
    "workers-ai:llama-3.1-8b-fp8-fast",
  ],
  "llama-3.3-70b-instruct": [
    "groq:llama-3.3-70b-versatile",
    "openrouter:meta-llama/llama-3.3-70b-instruct",
    "together:meta-llama/Llama-3.3-70B-Instruct-Turbo",
    "workers-ai:llama-3.3-70b-fp8-fast",
  ],
  "mistral-7b-instruct-v0.3": ["openrouter:mistralai/mistral-7b-instruct-v0.3"],
  "qwen2.5-7b-instruct": ["openrouter:qwen/qwen-2.5-7b-instruct"],
  "qwen3-8b": ["openrouter:qwen/qwen3-8b"],
  "qwen3-30b-a3b": ["openrouter:qwen/qwen3-30b-a3b", "workers-ai:qwen3-30b-a3b-fp8"],
  "flux.1-schnell": ["fal:flux/schnell"],
};

/** The provider's model of a task when none is named: the same as `edge-ai plan` takes in external mode. */
export const defaultCalls = {
  embeddings: "openai:text-embedding-3-small",
  classify: "openai:gpt-4o-mini",
  chat: "openai:gpt-4o-mini",
  image: "fal:flux/schnell",
} as const satisfies Record<Task, CallName>;

const memory = from("https://fal.ai/pricing, from memory", "2026-11-23");
const size = from("templates/app/lib/image-request.ts: fal's own size when none is asked for, 1024x768", "2026-11-23");

/** Models that are sold by the megapixel of a picture. */
export const imageCalls: Readonly<Record<CallName, { usdPerMegapixel: Fact }>> = {
  "fal:flux/schnell": { usdPerMegapixel: memory(0.003) },
};
export const megapixelsOfImage: Fact = size(0.786_432);
