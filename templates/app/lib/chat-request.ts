// create-edge-ai 0.1.0
import { modelId } from "./app.ts";
import { HttpError, isRecord } from "./http.ts";

export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

export interface ChatRequest {
  messages: ChatMessage[];
  isStream: boolean;
  includeUsage: boolean;
  /** null: as much as fits. */
  maxTokens: number | null;
  temperature: number;
  topP: number;
  seed: number | null;
  stop: string[];
}

const MAX_STOPS = 4;
/** llama.cpp's own defaults: kinder to small models than OpenAI's 1 and 1. */
const TEMPERATURE = 0.8;
const TOP_P = 0.95;

const ROLES: Readonly<Record<string, ChatMessage["role"]>> = {
  system: "system",
  developer: "system",
  user: "user",
  assistant: "assistant",
};

/** What would change the answer and cannot be had from this engine: better refused than passed over. */
const UNSUPPORTED: Readonly<Record<string, (value: unknown) => boolean>> = {
  tools: (value) => Array.isArray(value) && value.length > 0,
  functions: (value) => Array.isArray(value) && value.length > 0,
  n: (value) => value !== 1,
  logprobs: (value) => value !== false,
  logit_bias: (value) => isRecord(value) && Object.keys(value).length > 0,
  response_format: (value) => !isRecord(value) || value["type"] !== "text",
  audio: () => true,
};

/**
 * Checks the body of OpenAI's `/v1/chat/completions` as far as the model inside the function can serve it.
 * @throws HttpError 400 or 404 for what the caller has to change
 */
export function parseChat(body: Record<string, unknown>): ChatRequest {
  const { model, stream, stream_options: streamOptions, max_completion_tokens: newMax, max_tokens: oldMax } = body;
  if (model !== undefined && model !== modelId) {
    throw new HttpError(404, "model_not_found", `this app serves the model ${modelId}, not ${JSON.stringify(model)}`);
  }
  for (const [name, changesAnswer] of Object.entries(UNSUPPORTED)) {
    if (given(body[name]) && changesAnswer(body[name])) {
      throw new HttpError(400, "unsupported_parameter", `the model of this app cannot serve ${name}: leave it out`);
    }
  }
  if (given(stream) && typeof stream !== "boolean") {
    throw new HttpError(400, "invalid_stream", "stream has to be true or false");
  }
  const max = given(newMax) ? newMax : oldMax;
  return {
    messages: parseMessages(body["messages"]),
    isStream: stream === true,
    includeUsage: isRecord(streamOptions) && streamOptions["include_usage"] === true,
    maxTokens: given(max) ? numberIn("max_tokens", max, 1, Number.MAX_SAFE_INTEGER, true) : null,
    temperature: given(body["temperature"]) ? numberIn("temperature", body["temperature"], 0, 2) : TEMPERATURE,
    topP: given(body["top_p"]) ? numberIn("top_p", body["top_p"], 0, 1) : TOP_P,
    seed: given(body["seed"]) ? numberIn("seed", body["seed"], 0, 2 ** 32 - 1, true) : null,
    stop: parseStop(body["stop"]),
  };
}

/** OpenAI's clients send null for what they leave out. */
function given(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function parseMessages(messages: unknown): ChatMessage[] {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw new HttpError(400, "invalid_messages", "messages has to be a list that is not empty");
  }
  const parsed = messages.map(parseMessage);
  if (parsed.at(-1)?.role === "assistant") {
    throw new HttpError(400, "invalid_messages", "the last message has to be one to answer, not the assistant's");
  }
  return parsed;
}

function parseMessage(message: unknown, index: number): ChatMessage {
  const { role, content } = isRecord(message) ? message : {};
  const known = typeof role === "string" && Object.hasOwn(ROLES, role) ? ROLES[role] : undefined;
  if (known === undefined) {
    throw new HttpError(400, "invalid_messages", `messages[${index}].role has to be ${Object.keys(ROLES).join(", ")}`);
  }
  return { role: known, content: textOf(content, index) };
}

function textOf(content: unknown, index: number): string {
  if (typeof content === "string") return content;
  const parts: unknown[] = Array.isArray(content) ? content : [null];
  return parts
    .map((part) => {
      if (isRecord(part) && part["type"] === "text" && typeof part["text"] === "string") return part["text"];
      throw new HttpError(400, "invalid_messages", `messages[${index}].content has to be text`);
    })
    .join("");
}

function parseStop(stop: unknown): string[] {
  if (!given(stop)) return [];
  const stops: unknown[] = Array.isArray(stop) ? stop : [stop];
  if (stops.length > MAX_STOPS || !stops.every(isText)) {
    throw new HttpError(400, "invalid_stop", `stop has to be a text, or up to ${MAX_STOPS} texts, none of them empty`);
  }
  return stops;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function numberIn(name: string, value: unknown, min: number, max: number, isInteger = false): number {
  if (typeof value === "number" && value >= min && value <= max && (!isInteger || Number.isInteger(value)))
    return value;
  const what = isInteger ? "an integer" : "a number";
  throw new HttpError(400, `invalid_${name}`, `${name} has to be ${what} from ${min} to ${max}`);
}
