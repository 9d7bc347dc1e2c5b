import { text, type ResponseHeaders } from "./causes.ts";
import { isRecord } from "./expect.ts";

/** What a reader of a streamed answer has seen. */
export interface StreamState {
  /** When the first piece of content came; null before that. A role frame or a comment is not content. */
  firstTokenAt: number | null;
  /** The text of an error event. */
  failure: string | null;
  /** A chat stream started and neither a finish_reason nor [DONE] has come. */
  open: boolean;
}

/** Follows a server-sent event stream of chat completions, piece by piece. Other answers pass through unread. */
export function watchStream(now: () => number): {
  state: StreamState;
  onData: (chunk: Buffer, headers: ResponseHeaders) => void;
} {
  const state: StreamState = { firstTokenAt: null, failure: null, open: false };
  const decoder = new TextDecoder();
  let rest = "";
  const onData = (chunk: Buffer, headers: ResponseHeaders): void => {
    if (!text(headers["content-type"]).startsWith("text/event-stream")) return;
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith("data:")) readEvent(state, line.slice("data:".length).trim(), now);
  };
  return { state, onData };
}

function readEvent(state: StreamState, data: string, now: () => number): void {
  if (data === "[DONE]") {
    state.open = false;
    return;
  }
  const event = parse(data);
  if (!isRecord(event)) return;
  if (event["error"] !== undefined && event["error"] !== null) state.failure = JSON.stringify(event["error"]);
  const choice: unknown = Array.isArray(event["choices"]) ? event["choices"][0] : undefined;
  if (!isRecord(choice)) return;
  state.open = typeof choice["finish_reason"] !== "string";
  const delta = choice["delta"];
  if (isRecord(delta) && typeof delta["content"] === "string" && delta["content"] !== "") state.firstTokenAt ??= now();
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
