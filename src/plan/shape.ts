import { assumptions } from "../data/engines.ts";
import type { Arch } from "../data/models-schema.ts";
import type { ResolvedModel } from "./resolve-model.ts";

/** The few sizes that the formulas in predict.ts need. */
export interface Shape {
  totalParams: number;
  /** The table of token vectors: looked up, not multiplied. */
  embeddingParams: number;
  nonEmbeddingParams: number;
  /** Of nonEmbeddingParams, those that work on each token. */
  activeNonEmbeddingParams: number;
  /** fp16 keys and values of one token. */
  kvBytesPerToken: number;
  /** False when the layer sizes are assumed. */
  known: boolean;
}

type Sized = Pick<ResolvedModel, "params" | "activeParams" | "kind" | "entry">;

/**
 * The shape of a model: from its layer sizes where the catalogue has them, else from the assumptions in engines.ts.
 * Counted like a config.json is counted; checked against the official numbers of 18 models, 2026-11-23.
 */
export function shapeOf(model: Sized): Shape {
  const arch = model.entry?.arch ?? {};
  const counted = countEmbedding(arch, model);
  const embeddingParams = Math.min(
    counted ?? Math.round(model.params * assumptions.embeddingShare.value),
    model.params,
  );
  const nonEmbeddingParams = model.params - embeddingParams;
  const activeNonEmbeddingParams = Math.max((model.activeParams ?? model.params) - embeddingParams, 0);
  return {
    totalParams: model.params,
    embeddingParams,
    nonEmbeddingParams,
    activeNonEmbeddingParams,
    kvBytesPerToken: model.kind === "decoder" ? (countKvBytes(arch) ?? assumptions.kvBytesPerToken.value) : 0,
    known: counted !== null,
  };
}

/** A static model is nothing but its table. A decoder whose head is not tied to the table has two of them. */
function countEmbedding(arch: Arch, model: Sized): number | null {
  if (arch.static === true) return model.params;
  if (arch.vocab === undefined || arch.hidden === undefined) return null;
  return arch.vocab * arch.hidden * (model.kind === "decoder" && arch.tied !== true ? 2 : 1);
}

/** 2 (keys and values) × layers × kvHeads × headDim × 2 bytes. */
function countKvBytes({ layers, kvHeads, heads, hidden, headDim }: Arch): number | null {
  if (layers === undefined || kvHeads === undefined) return null;
  const dimension = headDim ?? (heads === undefined || hidden === undefined ? undefined : hidden / heads);
  return dimension === undefined ? null : 2 * layers * kvHeads * dimension * 2;
}
