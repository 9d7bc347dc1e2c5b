import { request } from "../api.js";
import { events } from "../sse.js";

const STOPPED = { code: "stopped" };

/**
 * Asks for an answer, and hands its text over piece by piece.
 * @param body messages and settings in OpenAI's format
 * @returns how it went, in ms where it is a time. `cut` says why the text is not whole; null when it is
 * @throws RequestError when the app refuses; TypeError when it cannot be reached
 */
export async function askChat(body, { signal, onText }) {
  const startedMs = performance.now();
  const result = { headers: new Headers(), firstMs: null, totalMs: 0, usage: null, finishReason: null, cut: null };
  const take = (text) => {
    if (!text) return;
    result.firstMs ??= performance.now() - startedMs;
    onText(text);
  };
  let hasBegun = false;
  try {
    const streamed = { ...body, stream: true, stream_options: { include_usage: true } };
    const response = await request("/api/chat", { method: "POST", body: streamed, signal });
    hasBegun = true;
    result.headers = response.headers;
    result.cut = await read(response, result, take);
  } catch (error) {
    if (!hasBegun && !signal.aborted) throw error;
    result.cut = signal.aborted ? STOPPED : toCut(error);
  }
  result.totalMs = performance.now() - startedMs;
  return result;
}

/** Reads an answer to its end; returns what cut it short, or null. */
async function read(response, result, take) {
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    const { error, choices, usage } = await response.json();
    if (error) return named(error);
    result.usage = usage ?? null;
    result.finishReason = choices?.[0]?.finish_reason ?? null;
    take(choices?.[0]?.message?.content);
    return null;
  }
  for await (const data of events(response.body)) {
    if (data === "[DONE]") return null;
    const { error, choices, usage } = JSON.parse(data);
    if (error) return named(error);
    result.usage = usage ?? result.usage;
    result.finishReason = choices?.[0]?.finish_reason ?? result.finishReason;
    take(choices?.[0]?.delta?.content);
  }
  // Some hosts send no [DONE]; an answer that gave the reason for its end is whole all the same.
  if (result.finishReason !== null) return null;
  return { code: "truncated", message: "the stream ended before the answer did" };
}

function named({ code, message }) {
  return { code: code ?? "error", message: message ?? "no message came with it" };
}

function toCut(error) {
  if (error instanceof SyntaxError) return { code: "invalid_event", message: "what came cannot be read" };
  return { code: "connection_lost", message: "the connection broke" };
}
