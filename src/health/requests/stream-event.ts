import { isRecord } from "./expect.ts";

/** What one event of a stream means. */
export interface EventMeaning {
  /** It belongs to an answer of a model, in one of the protocols below. */
  isKnown: boolean;
  /** What the reader of the answer gets from it: text, a refusal or a call of a tool; "" when nothing. */
  content: string;
  /** The answer is complete. */
  isEnd: boolean;
  /** An error that was sent as an event. */
  failure: string | null;
}

/**
 * An event's data, parsed; undefined when it is no JSON object. Nothing else is one of a model's answer, and "[DONE]" at the end of
 * each stream would cost 80 µs as an error: time in which other answers wait.
 */
export function parseEvent(data: string): unknown {
  if (!data.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

const nothing: EventMeaning = { isKnown: false, content: "", isEnd: false, failure: null };

type Reader = (event: Record<string, unknown>) => EventMeaning;

/**
 * Reads an event of OpenAI's chat completions, completions and Responses, of Anthropic's messages, or of the AI SDK's UI message
 * stream. Frames that only set a role, comments and empty pieces are no content. Reasoning is none either: what counts is when
 * the answer begins, and a model that thinks for long is slow for who waits for it.
 * @param event the data, parsed
 */
export function meaningOf(type: string, data: string, event: unknown): EventMeaning {
  if (data === "[DONE]") return { ...nothing, isKnown: true, isEnd: true };
  if (type === "error") return { ...nothing, isKnown: true, failure: data };
  if (!isRecord(event)) return nothing;
  const failure = failureOf(event);
  if (failure !== null) return { ...nothing, isKnown: true, failure };
  if (Array.isArray(event["choices"])) return chatChunk(event["choices"]);
  const read =
    typeof event["type"] === "string" && Object.hasOwn(typedEvents, event["type"])
      ? typedEvents[event["type"]]
      : undefined;
  return read === undefined ? nothing : read(event);
}

function failureOf(event: Record<string, unknown>): string | null {
  const { error } = event;
  if (isSaid(error)) return JSON.stringify(error);
  if (event["type"] === "error") return JSON.stringify(event["errorText"] ?? event);
  if (event["type"] === "response.failed") return JSON.stringify(event["response"] ?? event);
  return null;
}

/** An error that is there: null, false and "" are how a good answer says that there is none. */
export function isSaid(error: unknown): boolean {
  return error !== undefined && error !== null && error !== false && error !== "";
}

/** The frame with the usage figures has no choices, and comes after the end. */
function chatChunk(choices: readonly unknown[]): EventMeaning {
  const chosen = choices.filter(isRecord);
  const content = chosen.map((choice) => deltaText(choice["delta"]) + textOf(choice["text"])).join("");
  const isEnd = chosen.some((choice) => typeof choice["finish_reason"] === "string" && choice["finish_reason"] !== "");
  return { isKnown: true, content, isEnd, failure: null };
}

function deltaText(delta: unknown): string {
  if (!isRecord(delta)) return "";
  const tools = delta["tool_calls"];
  const calls = Array.isArray(tools) && tools.length > 0 ? JSON.stringify(tools) : "";
  return textOf(delta["content"]) + textOf(delta["refusal"]) + calls;
}

const piece =
  (key: string): Reader =>
  (event) => ({ ...nothing, isKnown: true, content: textOf(event[key]) });
const frame: Reader = () => ({ ...nothing, isKnown: true });
const end: Reader = () => ({ ...nothing, isKnown: true, isEnd: true });

/** Events that say what they are, by protocol. */
const typedEvents: Readonly<Record<string, Reader>> = {
  // AI SDK, UI message stream
  start: frame,
  "start-step": frame,
  "text-start": frame,
  "text-delta": piece("delta"),
  "text-end": frame,
  "reasoning-start": frame,
  "reasoning-delta": frame,
  "reasoning-end": frame,
  "tool-input-delta": piece("inputTextDelta"),
  "tool-input-available": piece("toolName"),
  "finish-step": frame,
  finish: end,
  // OpenAI, Responses
  "response.created": frame,
  "response.in_progress": frame,
  "response.output_text.delta": piece("delta"),
  "response.refusal.delta": piece("delta"),
  "response.function_call_arguments.delta": piece("delta"),
  "response.completed": end,
  // Like finish_reason "length": what came is all there will be.
  "response.incomplete": end,
  // Anthropic, messages
  message_start: frame,
  content_block_delta: ({ delta }) => ({
    ...nothing,
    isKnown: true,
    content: isRecord(delta) ? textOf(delta["text"]) + textOf(delta["partial_json"]) : "",
  }),
  message_stop: end,
};

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
