// create-edge-ai 0.1.0
import { Fault } from "./fault.ts";
import { isRecord, parseJson } from "./http.ts";

/** Where a delta of a stream, or the message of an answer, has what the model said. Thoughts count: the caller sees them. */
const SAYINGS = ["content", "reasoning_content", "reasoning", "refusal", "tool_calls", "function_call", "audio"];

/** What a chunk of a stream, or a whole answer, means. */
export interface Meaning {
  hasContent: boolean;
  /** Choices that are complete with it. */
  finished: number;
  /** There are no choices: it only tells the figures. */
  isUsageOnly: boolean;
  usage: { promptTokens: number | null; completionTokens: number | null } | null;
}

/**
 * Reads a chunk of a stream or a whole chat answer.
 * @throws Fault when it is neither, or an error
 */
export function readChunk(text: string): Meaning {
  const json = parseJson(text);
  // `null` and "" are how a good answer says that there was none.
  if (!isRecord(json) || json["error"]) throw new Fault("upstream_bad_answer", isRecord(json) ? "error" : "not JSON");
  const choices = Array.isArray(json["choices"]) ? json["choices"].filter(isRecord) : [];
  const usage = readUsage(json["usage"]);
  return {
    hasContent: choices.some(hasContent),
    finished: choices.filter(isFinished).length,
    isUsageOnly: choices.length === 0 && usage !== null,
    usage,
  };
}

/** An answer may be empty for a reason, like a filter or the limit of tokens. Without one it is no answer. */
function hasContent(choice: Record<string, unknown>): boolean {
  const said = choice["delta"] ?? choice["message"];
  const isSaid = isRecord(said) && SAYINGS.some((name) => !isEmpty(said[name]));
  return isSaid || (isFinished(choice) && choice["finish_reason"] !== "stop");
}

function isFinished({ finish_reason: reason }: Record<string, unknown>): boolean {
  return typeof reason === "string" && reason !== "";
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

function readUsage(usage: unknown): Meaning["usage"] {
  if (!isRecord(usage)) return null;
  const { prompt_tokens: prompt, completion_tokens: completion } = usage;
  return {
    promptTokens: typeof prompt === "number" ? prompt : null,
    completionTokens: typeof completion === "number" ? completion : null,
  };
}
