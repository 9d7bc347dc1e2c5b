// create-edge-ai 0.1.0
import { Fault } from "./fault.ts";

/** One event, and where it is in the bytes that it came with. */
export interface SseEvent {
  /** Null for what has none: comments, and signs of life. */
  data: string | null;
  isError: boolean;
  start: number;
  end: number;
}

/** Longer ones are no events of a chat. */
const MAX_EVENT_BYTES = 1_048_576;
const LF = 10;
const CR = 13;
const decoder = new TextDecoder();

/** Splits a `text/event-stream` into whole events, however the network has cut it, without copying what came whole. */
export class SseSplitter {
  #rest = new Uint8Array();

  /**
   * Takes in what came next.
   * @returns the bytes in which the events are, and the events, to be read before the next push
   * @throws Fault when an event is longer than 1 MiB
   */
  push(chunk: Uint8Array): { bytes: Uint8Array; events: SseEvent[] } {
    const bytes = this.#rest.length === 0 ? chunk : concat(this.#rest, chunk);
    const events: SseEvent[] = [];
    let start = 0;
    for (let end = endOfEvent(bytes, start); end !== -1; end = endOfEvent(bytes, start)) {
      events.push({ ...readEvent(decoder.decode(bytes.subarray(start, end))), start, end });
      start = end;
    }
    this.#rest = bytes.slice(start);
    if (this.#rest.length > MAX_EVENT_BYTES) throw new Fault("upstream_bad_answer", "event too long");
    return { bytes, events };
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Behind the empty line that ends the event at `start`; -1 when it has not come yet. */
function endOfEvent(bytes: Uint8Array, start: number): number {
  for (let at = bytes.indexOf(LF, start); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return -1;
}

function readEvent(text: string): Pick<SseEvent, "data" | "isError"> {
  const lines = text.split("\n");
  const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice("data:".length).trim());
  return {
    data: data.join("\n") || null,
    isError: lines.some((line) => line.startsWith("event:") && line.slice("event:".length).trim() === "error"),
  };
}
