// create-edge-ai 0.1.0
import { readText } from "./answer.ts";
import type { Attempt } from "./attempt.ts";
import { Fault } from "./fault.ts";
import { isRecord, parseJson } from "./http.ts";

/** A list of numbers, or base64. */
type Vector = number[] | string;

/** What a target made of the texts. */
export interface Vectors {
  /** In the order of the texts. */
  vectors: Vector[];
  tokens: number;
}

/**
 * Reads the answer of a target's `/embeddings`. Vectors are in the order of the texts, and in the encoding that was asked
 * for, also from servers that do not know base64.
 * @throws Fault when a vector is missing, or they are not all of one length
 */
export async function readVectors(
  response: Response,
  attempt: Attempt,
  asked: { texts: readonly string[]; isBase64: boolean },
): Promise<Vectors> {
  const json = parseJson(await readText(response, attempt));
  const data = isRecord(json) && Array.isArray(json["data"]) ? json["data"].filter(isRecord) : [];
  const vectors = Array.from<Vector | undefined>({ length: asked.texts.length });
  for (const [position, { index = position, embedding }] of data.entries()) {
    vectors[Number(index)] = asked.isBase64 ? toBase64(embedding) : toNumbers(embedding);
  }
  const [first] = vectors;
  const isWhole = vectors.length === asked.texts.length && vectors.every((each) => each?.length === first?.length);
  if (!isWhole || !first?.length) throw new Fault("upstream_bad_answer", "vectors");
  const tokens = isRecord(json) && isRecord(json["usage"]) ? Number(json["usage"]["prompt_tokens"] ?? 0) : 0;
  attempt.call.facts.promptTokens = tokens;
  return { vectors: vectors.filter((each) => each !== undefined), tokens };
}

function toNumbers(embedding: unknown): number[] | undefined {
  if (typeof embedding !== "string") return isNumbers(embedding) ? embedding : undefined;
  const bytes = Uint8Array.from(Buffer.from(embedding, "base64"));
  return bytes.length % 4 === 0 ? Array.from(new Float32Array(bytes.buffer)) : undefined;
}

function toBase64(embedding: unknown): string | undefined {
  if (!isNumbers(embedding)) return typeof embedding === "string" ? embedding : undefined;
  return Buffer.from(Float32Array.from(embedding).buffer).toString("base64");
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((each) => typeof each === "number");
}
