// What is really run: layer sizes of real models, and some that are wider, deeper or smaller than these, so that a formula that
// fits one family does not pass for one that fits all. Sorted by size; every second one is for the fit, the others for the test.
import type { Arch } from "../../src/data/models-schema.ts";

export interface Shape {
  name: string;
  kind: "encoder" | "decoder";
  dtype: "fp32" | "q8" | "Q4_0" | "Q8_0";
  arch: Arch;
}

const bert = (layers: number, hidden: number, heads: number, vocab = 30_522): Arch => ({
  layers,
  hidden,
  heads,
  vocab,
  ffn: 4 * hidden,
});

/** Layer sizes: config.json on the Hub of the named models, 2026-11-23. */
const encoders: readonly (readonly [name: string, arch: Arch, dtypes: readonly ("fp32" | "q8")[]])[] = [
  ["bert-tiny", bert(2, 128, 2), ["q8", "fp32"]],
  ["bert-mini", bert(4, 256, 4), ["q8", "fp32"]],
  ["deep and narrow", bert(12, 256, 8), ["q8", "fp32"]],
  ["MiniLM-L6", bert(6, 384, 12), ["q8", "fp32"]],
  ["bert-small", bert(4, 512, 8), ["q8", "fp32"]],
  ["bge-small, MiniLM-L12", bert(12, 384, 12), ["q8", "fp32"]],
  ["wide and shallow", bert(2, 1024, 16), ["q8", "fp32"]],
  ["distilbert", bert(6, 768, 12), ["q8", "fp32"]],
  ["bert-base", bert(12, 768, 12), ["q8", "fp32"]],
  ["multilingual-e5-small", bert(12, 384, 12, 250_037), ["q8"]],
  ["multilingual-e5-base", bert(12, 768, 12, 250_002), ["q8"]],
];

const llama = (
  layers: number,
  hidden: number,
  heads: number,
  kvHeads: number,
  ffn: number,
  vocab: number,
  headDim = 64,
): Arch => ({
  layers,
  hidden,
  heads,
  kvHeads,
  headDim,
  ffn,
  vocab,
  tied: true,
});

const decoders: readonly (readonly [name: string, arch: Arch, dtypes: readonly ("Q4_0" | "Q8_0")[]])[] = [
  ["30M", llama(8, 384, 6, 2, 1024, 49_152), ["Q4_0", "Q8_0"]],
  ["60M", llama(16, 512, 8, 2, 1408, 32_000), ["Q4_0", "Q8_0"]],
  ["SmolLM2-135M", llama(30, 576, 9, 3, 1536, 49_152), ["Q4_0", "Q8_0"]],
  ["large vocabulary", llama(18, 640, 10, 2, 2048, 151_936), ["Q4_0", "Q8_0"]],
  ["SmolLM2-360M", llama(32, 960, 15, 5, 2560, 49_152), ["Q4_0", "Q8_0"]],
  ["Qwen2.5-0.5B", llama(24, 896, 14, 2, 4864, 151_936), ["Q4_0"]],
  ["Qwen3-0.6B", llama(28, 1024, 16, 8, 3072, 151_936, 128), ["Q4_0"]],
];

export const shapes: readonly Shape[] = [
  ...encoders.flatMap(([name, arch, dtypes]) =>
    dtypes.map((dtype) => ({ name, kind: "encoder" as const, dtype, arch })),
  ),
  ...decoders.flatMap(([name, arch, dtypes]) =>
    dtypes.map((dtype) => ({ name, kind: "decoder" as const, dtype, arch })),
  ),
];

/** Tokens of the texts that are read. */
export const TOKENS = { encoder: [16, 64, 128, 256], decoder: [32, 128, 256] } as const;
export const TOKENS_OUT = 32;
