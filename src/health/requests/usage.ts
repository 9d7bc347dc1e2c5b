import { isRecord } from "./expect.ts";
import type { Usage } from "../samples.ts";

/**
 * What an answer, or one frame of a stream, says a model used: OpenAI's chat and embeddings (`prompt_tokens`), OpenAI's Responses
 * and Anthropic's messages (`input_tokens`), at the top or within `response` or `message`.
 * @param before what earlier frames of the same stream said: a provider may tell the input first and the output last
 * @returns `before` when this says nothing; `inputTokens` counts the cached ones too
 */
export function usageOf(value: unknown, before: Usage | null = null): Usage | null {
  const holder = [value, at(value, "response"), at(value, "message")].find((each) => isRecord(at(each, "usage")));
  const usage = at(holder, "usage");
  if (!isRecord(usage)) return before;
  const input = inputOf(usage);
  const output = tokens(usage["completion_tokens"]) ?? tokens(usage["output_tokens"]);
  if (input === null && output === null) return before;
  return {
    model: modelOf(holder) ?? before?.model ?? null,
    inputTokens: input?.all ?? before?.inputTokens ?? 0,
    cachedInputTokens: input?.cached ?? before?.cachedInputTokens ?? 0,
    outputTokens: output ?? before?.outputTokens ?? 0,
  };
}

/** The model that an answer, or a frame of a stream, names. */
export function modelOf(value: unknown): string | null {
  const named = [at(value, "model"), at(at(value, "response"), "model"), at(at(value, "message"), "model")];
  return named.find((name): name is string => typeof name === "string" && name !== "") ?? null;
}

/** Tokens of the output that nobody sees, where the answer counts them. */
export function reasoningTokensOf(value: unknown): number | null {
  const usage = at(value, "usage") ?? at(at(value, "response"), "usage");
  const details = at(usage, "completion_tokens_details") ?? at(usage, "output_tokens_details");
  return tokens(at(details, "reasoning_tokens"));
}

function inputOf(usage: Record<string, unknown>): { all: number; cached: number } | null {
  const said = tokens(usage["prompt_tokens"]) ?? tokens(usage["input_tokens"]);
  if (said === null) return null;
  // Anthropic counts what it read from or wrote to its cache beside input_tokens; OpenAI counts it in.
  const read = tokens(usage["cache_read_input_tokens"]);
  const written = tokens(usage["cache_creation_input_tokens"]);
  if (read !== null || written !== null) return { all: said + (read ?? 0) + (written ?? 0), cached: read ?? 0 };
  const details = at(usage, "prompt_tokens_details") ?? at(usage, "input_tokens_details");
  return { all: said, cached: Math.min(said, tokens(at(details, "cached_tokens")) ?? 0) };
}

function tokens(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
}

function at(value: unknown, key: string): unknown {
  return isRecord(value) ? value[key] : undefined;
}
