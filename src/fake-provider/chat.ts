import { createHash } from "node:crypto";
import { isRecord } from "./body.ts";
import type { Answer } from "./exchange.ts";
import { valueFor } from "./structured.ts";
import { countTokens, tokensFor } from "./words.ts";

/** All ids and times are the same in every run: an answer depends on the request alone. */
const CREATED_S = 1_767_225_600; // 2026-01-01

/**
 * The answer to a chat request in OpenAI's format; null when the request is not one.
 * @param tokens how many the answer has, unless the request wants fewer
 */
export function chatAnswer(body: unknown, tokens: number): Answer | null {
  if (!isRecord(body) || typeof body["model"] !== "string" || !Array.isArray(body["messages"])) return null;
  const text = JSON.stringify(body["messages"]);
  const limit = Number(body["max_completion_tokens"] ?? body["max_tokens"] ?? Infinity);
  const wanted = structuredTokens(body["response_format"], text) ?? tokensFor(text, tokens);
  const pieces = wanted.slice(0, Math.max(1, limit));
  const finish = pieces.length < wanted.length ? "length" : "stop";
  const promptTokens = countTokens(text);
  const usage = {
    prompt_tokens: promptTokens,
    completion_tokens: pieces.length,
    total_tokens: promptTokens + pieces.length,
  };
  const common = {
    id: `chatcmpl-${createHash("sha256").update(text).digest("hex").slice(0, 24)}`,
    created: CREATED_S,
    model: body["model"],
  };
  const message = { role: "assistant", content: pieces.join(""), refusal: null };
  return {
    jsonTokens: pieces.length,
    json: () => ({
      ...common,
      object: "chat.completion",
      choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
      usage,
    }),
    stream: body["stream"] === true ? eventsOf(common, pieces, finish, wantsUsage(body) ? usage : null) : null,
  };
}

/** The text of the last message: what `error-once` counts by. */
export function lastMessage(body: unknown): string {
  const messages = isRecord(body) && Array.isArray(body["messages"]) ? (body["messages"] as unknown[]) : [];
  return JSON.stringify(messages.at(-1) ?? null);
}

function eventsOf(common: object, pieces: readonly string[], finish: string, usage: object | null): Answer["stream"] {
  const event = (choices: object[], figures: object | null = null): string =>
    JSON.stringify({
      ...common,
      object: "chat.completion.chunk",
      choices,
      // As OpenAI does it: null in all events but the last, and only for those who asked.
      ...(usage !== null && { usage: figures }),
    });
  return {
    start: event(choice({ role: "assistant", content: "" })),
    tokens: pieces.map((content) => event(choice({ content }))),
    finish: event(choice({}, finish)),
    usage: usage === null ? null : event([], usage),
  };
}

function choice(delta: object, reason: string | null = null): object[] {
  return [{ index: 0, delta, logprobs: null, finish_reason: reason }];
}

function wantsUsage(body: Record<string, unknown>): boolean {
  return isRecord(body["stream_options"]) && body["stream_options"]["include_usage"] === true;
}

/** The pieces of a JSON answer, for a request that wants one. */
function structuredTokens(format: unknown, text: string): string[] | null {
  if (!isRecord(format) || (format["type"] !== "json_schema" && format["type"] !== "json_object")) return null;
  const named = isRecord(format["json_schema"]) ? format["json_schema"]["schema"] : undefined;
  const value = named === undefined ? { answer: tokensFor(text, 3).join("") } : valueFor(named, text);
  return JSON.stringify(value).match(/.{1,4}/gsu) ?? [];
}
