import type { Costs, Part } from "../data/engines.ts";
import type { Shape } from "./shape.ts";

/**
 * The formulas of predict.ts are sums: a cost each, from src/data/engines.ts, times an amount, from here. Whoever fits the costs
 * to measurements (bench/predictions) and whoever explains a prediction uses the same amounts, so that there is one formula.
 */
export type Amounts = Readonly<Partial<Record<Part, number>>>;

/** Each part: what it costs one of, in words, and what there is an amount of; null for what is paid once. */
export const parts: Readonly<Record<Part, { cost: string; amount: string | null; of: string }>> = {
  call: { cost: "call", amount: null, of: "" },
  layer: { cost: "a layer", amount: "layers", of: "layers of the model" },
  gigaflop: { cost: "a GFLOP", amount: "GFLOP", of: "2 × active parameters without the token table × tokens in ÷ 10⁹" },
  attention: {
    cost: "a GFLOP of attention",
    amount: "GFLOP of attention",
    of: "4 × layers × heads × head size × tokens in² ÷ 10⁹",
  },
  pooled: { cost: "a million pooled", amount: "millions pooled", of: "tokens in × width ÷ 10⁶" },
  megabyte: { cost: "a MB", amount: "MB read", of: "weights that work on each token, in MB" },
  base: { cost: "base", amount: null, of: "" },
  fileByte: { cost: "k", amount: "weights", of: "bytes of the weights" },
  tokenizerByte: { cost: "a tokenizer byte", amount: "tokenizer", of: "bytes of the tokenizer" },
  word: { cost: "a word", amount: "words", of: "size of the vocabulary" },
  start: { cost: "start", amount: null, of: "" },
  loaded: { cost: "a MB loaded", amount: "MB loaded", of: "weights in MB" },
  tokenizerMegabyte: { cost: "a MB of tokenizer", amount: "MB of tokenizer", of: "tokenizer in MB" },
};

/** Parts whose amounts are bytes of files; the others come from the model's shape. */
export const ofFiles: readonly Part[] = ["fileByte", "tokenizerByte", "loaded", "tokenizerMegabyte"];

/** A file of weights with what comes with it, in bytes. */
export interface Files {
  weights: number;
  /** 0 where the weights hold it. */
  tokenizer: number;
}

/** Reading `tokens`, on one core: milliseconds. All of it is paid for each call; pooling is for encoders. */
export function promptAmounts(shape: Shape, tokens: number, files: Files): Amounts {
  const { layers, attentionWidth, hidden, activeNonEmbeddingParams, totalParams } = shape;
  return {
    call: 1,
    layer: layers,
    gigaflop: (2 * activeNonEmbeddingParams * tokens) / 1e9,
    attention: (4 * layers * attentionWidth * tokens ** 2) / 1e9,
    pooled: (tokens * hidden) / 1e6,
    // The token table is looked up, not read.
    megabyte: (files.weights * (activeNonEmbeddingParams / totalParams)) / 1e6,
  };
}

/** Writing one token, on one core: milliseconds. The token table is read too: it says which token is next. */
export function tokenAmounts(shape: Shape, files: Files): Amounts {
  const { layers, activeNonEmbeddingParams, embeddingParams, totalParams } = shape;
  const activeShare = (activeNonEmbeddingParams + embeddingParams) / totalParams;
  return { call: 1, layer: layers, megabyte: (files.weights * activeShare) / 1e6 };
}

/** Resident bytes without the KV cache, which is counted and not fitted. */
export function memoryAmounts(shape: Shape, files: Files): Amounts {
  return { base: 1, fileByte: files.weights, tokenizerByte: files.tokenizer, word: shape.vocab };
}

/** From process start to the first call: milliseconds. */
export function coldStartAmounts(shape: Shape, files: Files): Amounts {
  return { start: 1, loaded: files.weights / 1e6, tokenizerMegabyte: files.tokenizer / 1e6, word: shape.vocab };
}

/** Σ cost × amount, of the parts that have a cost. */
export function sumOf(costs: Costs, amounts: Amounts): number {
  return termsOf(costs, amounts).reduce((sum, { cost, amount }) => sum + cost.value * amount, 0);
}

/** The parts that have a cost, with their amounts. */
export function termsOf(costs: Costs, amounts: Amounts): { part: Part; cost: Costs[Part] & object; amount: number }[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a table of costs has no other keys
  return (Object.keys(costs) as Part[]).flatMap((part) => {
    const cost = costs[part];
    return cost === undefined ? [] : [{ part, cost, amount: amounts[part] ?? 0 }];
  });
}
