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
  layers: number;
  hidden: number;
  /** Heads × head size: how wide attention is. */
  attentionWidth: number;
  vocab: number;
  /** fp16 keys and values of one token. */
  kvBytesPerToken: number;
  /** False when the layer sizes are assumed. */
  known: boolean;
}

type Sized = Pick<ResolvedModel, "params" | "activeParams" | "kind" | "entry">;

/**
 * The shape of a model: from its layer sizes where they are known, else from the assumptions in engines.ts.
 * Counted like a config.json is counted; checked against the official numbers of 18 models, 2026-11-23.
 */
export function shapeOf(model: Sized): Shape {
  const arch = model.entry?.arch ?? {};
  const counted = countEmbedding(arch, model);
  const embeddingParams = Math.min(
    counted ?? Math.round((model.activeParams ?? model.params) * assumptions.embeddingShare.value),
    model.params,
  );
  const nonEmbeddingParams = model.params - embeddingParams;
  const { layers, hidden } = widthAndDepth(arch, model, nonEmbeddingParams);
  return {
    totalParams: model.params,
    embeddingParams,
    nonEmbeddingParams,
    activeNonEmbeddingParams: Math.max((model.activeParams ?? model.params) - embeddingParams, 0),
    layers,
    hidden,
    attentionWidth: arch.headDim === undefined || arch.heads === undefined ? hidden : arch.headDim * arch.heads,
    vocab: arch.vocab ?? embeddingParams / hidden,
    kvBytesPerToken: model.kind === "decoder" ? (countKvBytes(arch) ?? assumptions.kvBytesPerToken.value) : 0,
    known: counted !== null,
  };
}

/**
 * Layers and width, assumed where they are not known: a model of `p` parameters beside its table has p = layers × width² × c, where
 * c counts the matrices of a layer in units of its width squared (4 + 2 × 4 in BERT; 2 2/3 + 3 × 8/3 in SmolLM2), and one layer for
 * each 64 numbers of width in an encoder (384 × 6, 768 × 12) or 24 in a decoder (576 × 30 and 1,024 × 28 are on either side). Not
 * rounded, so that a larger model never gets a smaller shape.
 */
function widthAndDepth(arch: Arch, { kind }: Sized, nonEmbedding: number): { layers: number; hidden: number } {
  if (arch.static === true) return { layers: 0, hidden: arch.hidden ?? 1 };
  const { widthPerLayer, matrices } =
    kind === "decoder" ? { widthPerLayer: 24, matrices: 32 / 3 } : { widthPerLayer: 64, matrices: 12 };
  if (arch.hidden !== undefined) {
    return { layers: arch.layers ?? nonEmbedding / (matrices * arch.hidden ** 2), hidden: arch.hidden };
  }
  if (arch.layers !== undefined)
    return { layers: arch.layers, hidden: Math.sqrt(nonEmbedding / (matrices * arch.layers)) };
  const hidden = Math.cbrt((nonEmbedding * widthPerLayer) / matrices);
  return { layers: hidden / widthPerLayer, hidden };
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
