import { CliError } from "../errors.ts";
import { requestMaker } from "../health/requests/probes.ts";
import { probeFor } from "./prompts.ts";
import type { Serving } from "./serving.ts";
import type { Subject } from "./subject.ts";

/** Of four digits, as in every prompt. */
const NUMBER = 1_000;
/** Codes of our functions for a text that is too long (lib/embeddings-request.ts, api/chat.local.ts). */
const TOO_LONG = new Set(["context_length_exceeded", "input_too_long"]);

/**
 * Asks the function how many tokens a prompt of so many words has.
 * @returns null when it is more than the function takes
 * @throws CliError CHILD_FAILED when it does not answer, or does not say
 */
export async function tokensAsked(
  serving: Serving,
  task: Subject["task"],
  words: number,
  signal: AbortSignal,
): Promise<number | null> {
  const { method, path, headers, body } = requestMaker(probeFor(task, words, 1), {})(NUMBER);
  // In one piece: the count is at its end.
  const asked = JSON.stringify({ ...parse(body ?? "{}"), stream: undefined, stream_options: undefined });
  const response = await fetch(`${serving.url}${path}`, { method, headers, body: asked, signal });
  const text = await response.text();
  const answer = parse(text);
  const tokens = numberAt(answer, "usage", "prompt_tokens");
  if (response.ok && tokens !== null) return tokens;
  if (response.status === 413 || TOO_LONG.has(String(at(at(answer, "error"), "code")))) return null;
  const log = await serving.lastLog();
  throw new CliError(
    "CHILD_FAILED",
    `api/${task} answers a prompt with ${response.status}: ${text.slice(0, 200)}${log === "" ? "" : `\n${log}`}`,
    { hint: "look at the function with: npx edge-ai dev" },
  );
}

function numberAt(value: unknown, first: string, second: string): number | null {
  const found = at(at(value, first), second);
  return typeof found === "number" ? found : null;
}

function at(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

function parse(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
