// create-edge-ai 0.1.0
import { isRecord } from "./http.ts";

/**
 * Is this answer whole and good? Of a stream, the last event of a whole one is `[DONE]`: the routes end no other stream so,
 * whatever the model's server does.
 */
export function isWhole(contentType: string | null, body: Uint8Array): boolean {
  const text = new TextDecoder().decode(body);
  if (contentType?.startsWith("text/event-stream") !== true) return isGood(text);
  const data = text
    .split(/\r?\n/)
    .flatMap((line) => (line.startsWith("data:") ? [line.slice("data:".length).trim()] : []));
  return data.at(-1) === "[DONE]" && data.slice(0, -1).every(isGood);
}

function isGood(json: string): boolean {
  const value = parse(json);
  return isRecord(value) && !("error" in value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
