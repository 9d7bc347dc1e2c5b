import { createHash } from "node:crypto";
import { isRecord } from "./body.ts";
import type { Answer } from "./exchange.ts";
import { countTokens } from "./words.ts";

const DIMENSIONS = 64;
const MAX_DIMENSIONS = 4_096;
/** Share of the whole text in its vector, so that the order of words matters a little. */
const WHOLE_TEXT = 0.2;

/** The answer to an embeddings request in OpenAI's format; null when the request is not one. */
export function embeddingsAnswer(body: unknown): Answer | null {
  if (!isRecord(body) || typeof body["model"] !== "string") return null;
  const inputs = inputsOf(body["input"]);
  const dimensions = Number(body["dimensions"] ?? DIMENSIONS);
  if (inputs === null || !Number.isInteger(dimensions) || dimensions < 1 || dimensions > MAX_DIMENSIONS) return null;
  const base64 = body["encoding_format"] === "base64";
  const tokens = inputs.reduce((sum, text) => sum + countTokens(text), 0);
  const item = (text: string, index: number): object => {
    const vector = vectorFor(text, dimensions);
    return { object: "embedding", index, embedding: base64 ? toBase64(vector) : Array.from(vector) };
  };
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  const json = (): object => ({ object: "list", data: inputs.map(item), model: body["model"], usage });
  return { jsonTokens: 0, json, stream: null };
}

/** The input as one text: what `error-once` counts by. */
export function inputText(body: unknown): string {
  return JSON.stringify(isRecord(body) ? (body["input"] ?? null) : null);
}

/** Texts, or tokens as the text of their numbers. */
function inputsOf(input: unknown): string[] | null {
  const list: unknown[] = Array.isArray(input) && typeof input[0] !== "number" ? input : [input];
  if (list.length === 0) return null;
  const texts = list.map((each) => (Array.isArray(each) ? each.join(" ") : each));
  return texts.every((text): text is string => typeof text === "string" && text !== "") ? texts : null;
}

/** A unit vector that depends on the text alone. Texts that share words are near each other, as with a real model. */
export function vectorFor(text: string, dimensions = DIMENSIONS): Float32Array {
  const vector = new Float32Array(dimensions);
  add(vector, text, WHOLE_TEXT);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) add(vector, word, 1);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** Adds a direction that belongs to the text: numbers of a xorshift generator that its hash has seeded. */
function add(vector: Float32Array, text: string, weight: number): void {
  let state = createHash("sha256").update(text).digest().readUInt32LE(0) | 1;
  for (let index = 0; index < vector.length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    vector[index] = (vector[index] ?? 0) + weight * (state / 2 ** 31);
  }
}

function toBase64(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
}
