// create-edge-ai 0.1.0
import type { Attempt } from "./attempt.ts";
import { readChunk } from "./chunk.ts";
import { brokenAs, Fault } from "./fault.ts";
import { readBytes } from "./http.ts";

/** Longer ones are no answers: 256 vectors of 3,072 numbers are below this. */
const MAX_ANSWER_BYTES = 20_000_000;

/** The text of an answer that is not streamed. @throws Fault when it is cut, too late or too long */
export async function readText(response: Response, { call }: Attempt): Promise<string> {
  const bytes = await readBytes(response.body, MAX_ANSWER_BYTES, tooLong).catch(brokenAs("upstream_cut"));
  call.facts.firstContentMs = performance.now() - call.arrivedMs;
  return bytes.toString();
}

function tooLong(): Fault {
  return new Fault("upstream_bad_answer", "too long");
}

/** The text of a chat answer, as the target sent it. @throws Fault when it is none, or empty */
export async function readChatAnswer(response: Response, attempt: Attempt): Promise<string> {
  const text = await readText(response, attempt);
  const { hasContent, usage } = readChunk(text);
  if (!hasContent) throw new Fault("upstream_bad_answer", "empty");
  if (usage !== null) Object.assign(attempt.call.facts, usage);
  return text;
}
