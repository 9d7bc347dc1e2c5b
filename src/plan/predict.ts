import type { DtypeFacts } from "../data/engines.ts";
import type { Variant } from "../data/models-schema.ts";
import { coldStartAmounts, memoryAmounts, promptAmounts, sumOf, tokenAmounts, type Files } from "./amounts.ts";
import type { Shape } from "./shape.ts";

/**
 * The formulas. All are pure; each is a sum of amounts (amounts.ts) times costs (src/data/engines.ts, with their sources), fitted
 * to models that were really run and tested on others: `node bench/predictions.ts` prints how far off they are.
 */

type Dtype = Variant["dtype"];

/** Bytes of each kind of parameter; a q4 ONNX leaves the token table in fp32, which is why it is larger than q8. */
const BYTES_PER_PARAM: Record<Dtype, { embedding: number; rest: number } | null> = {
  fp32: { embedding: 4, rest: 4 },
  fp16: { embedding: 2, rest: 2 },
  q8: { embedding: 1, rest: 1 },
  q4: { embedding: 4, rest: 0.625 },
  q4f16: { embedding: 2, rest: 0.5625 },
  Q4_0: { embedding: 1.0625, rest: 0.5625 },
  Q8_0: { embedding: 1.0625, rest: 1.0625 },
  // Mixes block sizes by layer: no formula that holds.
  Q4_K_M: null,
};

/** Bytes of a weights file; within 15 % of every file in the catalogue. null for a dtype without a formula. */
export function fileBytes(dtype: Dtype, shape: Pick<Shape, "embeddingParams" | "nonEmbeddingParams">): number | null {
  const bytes = BYTES_PER_PARAM[dtype];
  if (bytes === null) return null;
  return Math.round(bytes.embedding * shape.embeddingParams + bytes.rest * shape.nonEmbeddingParams);
}

/** The most resident bytes: what engine, weights and tokenizer take, and the KV cache on top. */
export function memoryBytes(facts: DtypeFacts, shape: Shape, files: Files, kvBytes: number): number {
  return Math.round(sumOf(facts.memory, memoryAmounts(shape, files)) + kvBytes);
}

/** Milliseconds on one core for a prompt, or for the whole answer of an encoder. Warm. */
export function promptMs(facts: DtypeFacts, shape: Shape, tokens: number, files: Files): number {
  return sumOf(facts.prompt, promptAmounts(shape, tokens, files));
}

/**
 * Milliseconds on one core for each new token: mostly reading weights, of which a mixture of experts reads its active
 * share. null for an engine that generates nothing.
 */
export function perTokenMs(facts: DtypeFacts, shape: Shape, files: Files): number | null {
  return facts.token === null ? null : sumOf(facts.token, tokenAmounts(shape, files));
}

/** Bytes of the keys and values of all tokens that there is room for: reserved when the model is loaded, used or not. */
export function kvCacheBytes(kvBytesPerToken: number, tokens: number, sequences: number): number {
  return kvBytesPerToken * tokens * sequences;
}

/** What a time becomes with `concurrency` requests at once on `vcpus`: `max(1, c / v) × safety`. */
export function loadFactor(concurrency: number, vcpus: number, safety: number): number {
  return Math.max(1, concurrency / vcpus) * safety;
}

/** Milliseconds from process start to ready, from a warm disk. The platform's own fetch of the bundle comes on top. */
export function readyMs(facts: DtypeFacts, shape: Shape, files: Files): number {
  return sumOf(facts.coldStart, coldStartAmounts(shape, files));
}

/** Bytes of the deployed function: engine + weights + tokenizer + the app's own code. */
export function bundleBytes(parts: { engine: number; weights: number; tokenizer: number; app: number }): number {
  return parts.engine + parts.weights + parts.tokenizer + parts.app;
}
