import type { DtypeFacts, EngineFacts } from "../data/engines.ts";
import type { Variant } from "../data/models-schema.ts";
import type { Shape } from "./shape.ts";

/**
 * The formulas. All are pure and take their constants from src/data/engines.ts, where each has its source. Fitted to
 * edge-ai's own measurements of 2026-11-23 (one core, AMD EPYC with AVX2, onnxruntime-node 1.30, node-llama-cpp 3.22).
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

/** Resident bytes: `base + k × file + kv × tokens × sequences`. Within 8 % of the measured peaks. */
export function memoryBytes(
  facts: DtypeFacts,
  file: number,
  cache: { kvBytesPerToken: number; tokens: number; sequences: number },
): number {
  const weights = facts.memoryBaseBytes.value + facts.memoryPerFileByte.value * file;
  return Math.round(weights + cache.kvBytesPerToken * cache.tokens * cache.sequences);
}

/** Milliseconds on one core for all tokens of a prompt: `call + 2 × non-embedding parameters × tokens / rate`. */
export function promptMs(engine: EngineFacts, facts: DtypeFacts, shape: Shape, tokens: number): number {
  const seconds = (2 * shape.activeNonEmbeddingParams * tokens) / facts.flopsPerSecondPerCore.value;
  return engine.callMs.value + seconds * 1_000;
}

/**
 * Milliseconds on one core for each new token: `bytes read / bandwidth`, where a mixture of experts reads only its
 * active share. null for an engine that generates nothing. Within 20 % of seven GGUF files.
 */
export function perTokenMs(facts: DtypeFacts, shape: Shape, file: number): number | null {
  if (facts.readBytesPerSecond === null) return null;
  const activeShare = (shape.activeNonEmbeddingParams + shape.embeddingParams) / shape.totalParams;
  return ((file * activeShare) / facts.readBytesPerSecond.value) * 1_000;
}

/** What a time becomes with `concurrency` requests at once on `vcpus`: `max(1, c / v) × safety`. */
export function loadFactor(concurrency: number, vcpus: number, safety: number): number {
  return Math.max(1, concurrency / vcpus) * safety;
}

/** Milliseconds from process start to ready, from a warm disk. The platform's own fetch of the bundle comes on top. */
export function coldStartMs(engine: EngineFacts, file: number): number {
  return engine.importMs.value + (engine.loadMsPerMegabyte.value * file) / 1e6;
}

/** Bytes of the deployed function: engine + weights + tokenizer + the app's own code. */
export function bundleBytes(parts: { engine: number; weights: number; tokenizer: number; app: number }): number {
  return parts.engine + parts.weights + parts.tokenizer + parts.app;
}
