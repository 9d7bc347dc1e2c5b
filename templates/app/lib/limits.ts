// create-edge-ai 0.1.0
import type { Option } from "./call.ts";
import { HttpError, isRecord } from "./http.ts";

/** What one request may ask for. Yours to change: what a longer one costs is your bill. */
const MAX_BODY_BYTES = 1_000_000;
const MAX_MESSAGES = 100;
const MAX_INPUTS = 256;
/** Of each message, and of each input. */
const MAX_CHARACTERS = 32_768;
/** Of an answer. A chat that does not say how long its answer may be gets this limit. */
const MAX_TOKENS = 4_096;
/** Answers, or images, to one request: each is paid for. */
const MAX_CHOICES = 4;
/** Every OpenAI-compatible server knows this one; OpenAI's own reasoning models want `max_completion_tokens`. */
const TOKENS_FIELD = "max_tokens";

/** Refuses what is too large before it costs anything. */
export const limits: Option = {
  name: "limits",
  async run(call, next) {
    checkBytes(call.body);
    checkTexts(call.body);
    checkCount(call.body, "max_tokens", MAX_TOKENS);
    checkCount(call.body, "max_completion_tokens", MAX_TOKENS);
    checkCount(call.body, "n", MAX_CHOICES);
    const { max_tokens: tokens, max_completion_tokens: completionTokens } = call.body;
    if ("messages" in call.body && (tokens ?? completionTokens ?? null) === null) call.body[TOKENS_FIELD] = MAX_TOKENS;
    return next(call);
  },
};

function checkBytes(body: Record<string, unknown>): void {
  const bytes = new TextEncoder().encode(toJson(body)).byteLength;
  if (bytes > MAX_BODY_BYTES) {
    throw new HttpError(413, "body_too_large", `the body has ${bytes} bytes, over the limit of ${MAX_BODY_BYTES}`);
  }
}

/** What can be parsed cannot always be written: a thousand brackets within each other overflow the stack. */
function toJson(body: Record<string, unknown>): string {
  try {
    return JSON.stringify(body);
  } catch {
    throw new HttpError(400, "invalid_body", "the body is nested too deeply");
  }
}

function checkTexts({ messages, input, prompt }: Record<string, unknown>): void {
  if (Array.isArray(messages)) {
    checkLength("messages", messages.length, MAX_MESSAGES);
    for (const [index, message] of messages.entries()) checkCharacters(`message ${index}`, charactersOf(message));
  }
  const inputs: unknown[] = Array.isArray(input) && typeof input[0] !== "number" ? input : [input];
  checkLength("inputs", inputs.length, MAX_INPUTS);
  for (const [index, each] of inputs.entries()) checkCharacters(`input ${index}`, charactersOf(each));
  checkCharacters("the prompt", charactersOf(prompt));
}

/** Of a text, a message, or a part of one. Images count by the bytes of the body. */
function charactersOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  // Token ids: one is about four characters of English.
  if (typeof value === "number") return 4;
  if (Array.isArray(value)) return value.reduce((sum: number, part: unknown) => sum + charactersOf(part), 0);
  return isRecord(value) ? charactersOf(value["content"] ?? value["text"]) : 0;
}

function checkLength(what: "messages" | "inputs", count: number, max: number): void {
  if (count > max) throw new HttpError(400, `too_many_${what}`, `${count} ${what} are over the limit of ${max}`);
}

function checkCharacters(what: string, characters: number): void {
  if (characters > MAX_CHARACTERS) {
    throw new HttpError(
      400,
      "text_too_long",
      `${what} has ${characters} characters, over the limit of ${MAX_CHARACTERS}`,
    );
  }
}

/** OpenAI takes null for "not said". */
function checkCount(body: Record<string, unknown>, name: string, max: number): void {
  const value = body[name] ?? null;
  if (value === null) return;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1) {
    throw new HttpError(400, `invalid_${name}`, `${name} has to be a whole number from 1 to ${max}`);
  }
  if (value > max) throw new HttpError(400, `${name}_too_large`, `${name} ${value} is over the limit of ${max}`);
}
