/** Longer lines are no events of a chat; the rest of such a stream is not read. */
const LONGEST_LINE = 1024 * 1024;

/** One event of a `text/event-stream` (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export interface ServerSentEvent {
  /** The value of `event:`; "" when there was none. */
  type: string;
  data: string;
}

/**
 * Splits a body into its events, however the network cut it: within a line, a line end or a character.
 * @param onEvent called with each event as soon as its blank line is there; comments are none
 */
export function sseParser(onEvent: (event: ServerSentEvent) => void): {
  push: (chunk: Buffer) => void;
  end: () => void;
} {
  const decoder = new TextDecoder();
  let rest = "";
  let type = "";
  let data: string[] = [];

  const readLine = (line: string): void => {
    if (line === "") {
      if (data.length > 0) onEvent({ type, data: data.join("\n") });
      type = "";
      data = [];
    } else if (line.startsWith("data:")) data.push(valueOf(line, "data:"));
    else if (line.startsWith("event:")) type = valueOf(line, "event:");
  };
  const read = (text: string): void => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) readLine(line.endsWith("\r") ? line.slice(0, -1) : line);
    if (rest.length > LONGEST_LINE) rest = "";
  };
  return {
    push: (chunk) => read(decoder.decode(chunk, { stream: true })),
    // Servers that leave out the last blank line mean the event all the same.
    end: () => read(`${decoder.decode()}\n\n`),
  };
}

/** One space after the colon does not belong to the value. */
function valueOf(line: string, field: string): string {
  const value = line.slice(field.length);
  return value.startsWith(" ") ? value.slice(1) : value;
}
