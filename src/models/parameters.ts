import type { Arch } from "../data/models-schema.ts";

/** A count of parameters, and how many of them work on each token. */
export interface Parameters {
  total: number;
  active: number;
}

/** The layer sizes of a decoder. */
export interface DecoderShape {
  layers: number;
  hidden: number;
  ffn: number;
  vocab: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  norms: number;
  gated: boolean;
  tied: boolean;
  qkNorm: boolean;
  qkvBias: boolean;
  /** Every matrix and norm has a bias. */
  biased: boolean;
  /** Rows of the table of positions; 0 where positions are rotations. */
  positions: number;
  experts: { count: number; topK: number; ffn: number; sharedFfn: number } | null;
}

/**
 * Counts a decoder's parameters from its layer sizes. Exact for the families in families.ts: it gives the published
 * 134,515,008 of SmolLM2-135M, 596,049,920 of Qwen3-0.6B, 30,532,122,624 of Qwen3-30B-A3B and 124,439,808 of GPT-2.
 */
export function countDecoder(shape: DecoderShape): Parameters {
  const { layers, hidden, vocab, norms, tied, biased, positions, experts } = shape;
  const bias = biased ? hidden : 0;
  const table = vocab * hidden;
  const outside = table + (tied ? 0 : table) + positions * hidden + hidden + bias;
  const layer = attention(shape) + norms * (hidden + bias);
  const all = experts === null ? dense(shape) : expertsOf(shape, experts.count);
  const used = experts === null ? all : expertsOf(shape, experts.topK);
  return { total: outside + layers * (layer + all), active: outside + layers * (layer + used) };
}

function attention({ hidden, heads, kvHeads, headDim, qkvBias, qkNorm, biased }: DecoderShape): number {
  const queries = heads * headDim;
  const keysAndValues = 2 * kvHeads * headDim;
  const biases = (qkvBias || biased ? queries + keysAndValues : 0) + (biased ? hidden : 0);
  return 2 * hidden * queries + hidden * keysAndValues + biases + (qkNorm ? 2 * headDim : 0);
}

function dense({ hidden, ffn, gated, biased }: DecoderShape): number {
  return (gated ? 3 : 2) * hidden * ffn + (biased ? ffn + hidden : 0);
}

/** So many experts, the router that chooses among all of them, and what every token goes through. */
function expertsOf({ hidden, experts }: DecoderShape, count: number): number {
  if (experts === null) return 0;
  const sharedGate = experts.sharedFfn > 0 ? hidden : 0;
  return 3 * hidden * (count * experts.ffn + experts.sharedFfn) + hidden * experts.count + sharedGate;
}

/** The layer sizes of an encoder like BERT. */
export interface EncoderShape {
  layers: number;
  hidden: number;
  ffn: number;
  vocab: number;
  positions: number;
  tokenTypes: number;
  pooler: boolean;
  /** Labels of a head for classification, and whether the head has a dense layer of its own. */
  head: { labels: number; dense: boolean } | null;
}

/** Counts an encoder's parameters: 22,713,216 for all-MiniLM-L6-v2, 66,955,010 for DistilBERT with two labels. */
export function countEncoder({
  layers,
  hidden,
  ffn,
  vocab,
  positions,
  tokenTypes,
  pooler,
  head,
}: EncoderShape): Parameters {
  const square = hidden * hidden + hidden;
  const layer = 4 * square + 2 * hidden * ffn + ffn + hidden + 4 * hidden;
  const classifier = head === null ? 0 : (head.dense ? square : 0) + hidden * head.labels + head.labels;
  const tables = (vocab + positions + tokenTypes) * hidden + 2 * hidden;
  const total = tables + layers * layer + (pooler ? square : 0) + classifier;
  return { total, active: total };
}

/** The layer sizes in the words of the catalogue. */
export function archOfDecoder(shape: DecoderShape): Arch {
  const { layers, hidden, ffn, vocab, heads, kvHeads, headDim, norms, tied, qkNorm, qkvBias, experts } = shape;
  return {
    layers,
    hidden,
    vocab,
    heads,
    kvHeads,
    ...(headDim * heads === hidden ? {} : { headDim }),
    ...(experts === null ? { ffn } : { experts: experts.count, topK: experts.topK, moeFfn: experts.ffn }),
    ...(norms === 2 ? {} : { norms }),
    ...(tied && { tied }),
    ...(qkNorm && { qkNorm }),
    ...(qkvBias && { qkvBias }),
  };
}
