import { from, type Fact } from "./fact.ts";

/**
 * What an inference engine weighs and how fast it is: the costs that the formulas of src/plan/predict.ts multiply. They were fitted to
 * models that were really run, with the options of generated apps, and tested on others: bench/README.md has the errors. Times are
 * those of one core that has nothing else to do; the safety factor covers the rest until somebody measures on the machine that
 * counts. MB are 1e6 bytes.
 */

const bundled = from(
  "measured by edge-ai: bytes of a built function without weights, tokenizer and app, linux-x64 (`node bench/predictions.ts`)",
  "2026-11-23",
);
const fitted = from(
  "fitted by edge-ai to same-shape models with random weights: one core of an AMD EPYC (AVX2, no VNNI), Node 24.21, onnxruntime-node 1.30, node-llama-cpp 3.22.1 (`node bench/predictions.ts`)",
  "2026-11-23",
);

/** What a cost is for; src/plan/amounts.ts says how much of each there is. */
export type Part =
  | "call"
  | "layer"
  | "gigaflop"
  | "attention"
  | "pooled"
  | "megabyte"
  | "base"
  | "fileByte"
  | "tokenizerByte"
  | "word"
  | "start"
  | "loaded"
  | "tokenizerMegabyte";
/** A figure is the sum of these, each times its amount. */
export type Costs = Readonly<Partial<Record<Part, Fact>>>;

/** How one kind of weights behaves on an engine. */
export interface DtypeFacts {
  /** Milliseconds of reading a text: of a whole answer of an encoder, to the first token of a decoder. */
  prompt: Costs;
  /** Milliseconds of each new token; null where nothing is generated. */
  token: Costs | null;
  /** Resident bytes, without the KV cache. */
  memory: Costs;
  /** Milliseconds from process start to ready, without the first call. */
  coldStart: Costs;
  /** Measured values are expected within the prediction ÷ and × this: see src/plan/ranges.ts. */
  range: { prompt: Fact; token?: Fact; memory: Fact; coldStart: Fact };
}

export interface EngineFacts {
  package: string;
  /** The engine in the deployed bundle. */
  bundleBytes: Fact;
  bundleRange: Fact;
  /** What the function around the engine adds: Node, HTTP, JSON, messages to the worker. In milliseconds. */
  service: { call: Fact; start: Fact };
  dtypes: Readonly<Partial<Record<string, DtypeFacts>>>;
}

export type EngineName = "onnx" | "gguf";

const served = from(
  "measured by edge-ai: `plan --measure` of use-lite, all-minilm-l6-v2 at 16, 64 and 128 tokens and bge-small-en-v1.5, less what the engine takes, median",
  "2026-11-23",
);
const service = { call: served(3.4), start: served(166) } as const;

const onnxRange = { prompt: fitted(1.58), memory: fitted(1.25), coldStart: fitted(1.37) } as const;
const ggufRange = { prompt: fitted(1.25), token: fitted(1.25), memory: fitted(1.25), coldStart: fitted(1.25) } as const;

export const engines = {
  onnx: {
    package: "onnxruntime-node",
    bundleBytes: bundled(46_299_839),
    bundleRange: bundled(1.05),
    service,
    // fp16, q4 and q4f16 are left out: slower than q8 or not measured on a CPU, and q4 is not even smaller for encoders.
    dtypes: {
      q8: {
        prompt: {
          layer: fitted(0.0948),
          attention: fitted(21.3),
          pooled: fitted(34.7),
          megabyte: fitted(0.0534),
          gigaflop: fitted(3.06),
        },
        token: null,
        memory: { base: fitted(124_000_000), tokenizerByte: fitted(6.42), fileByte: fitted(1.96) },
        coldStart: { start: fitted(76.1), tokenizerMegabyte: fitted(223), loaded: fitted(2.48) },
        range: onnxRange,
      },
      fp32: {
        prompt: {
          layer: fitted(0.0948),
          attention: fitted(21.3),
          pooled: fitted(34.7),
          megabyte: fitted(0.0534),
          gigaflop: fitted(9.76),
        },
        token: null,
        memory: { base: fitted(124_000_000), tokenizerByte: fitted(6.42), fileByte: fitted(1.52) },
        coldStart: { start: fitted(76.1), tokenizerMegabyte: fitted(223), loaded: fitted(2.43) },
        range: onnxRange,
      },
    },
  },
  gguf: {
    package: "node-llama-cpp",
    // With all 14 CPU variants, which is what our builder puts into a function; 24.5 MB with 8 of them dropped.
    bundleBytes: bundled(33_544_911),
    bundleRange: bundled(1.05),
    service,
    dtypes: {
      Q4_0: {
        prompt: { layer: fitted(1.39), attention: fitted(25.9), gigaflop: fitted(6.97) },
        token: { call: fitted(0.583), layer: fitted(0.101), megabyte: fitted(0.0532) },
        memory: { base: fitted(167_000_000), word: fitted(286), fileByte: fitted(1.76) },
        coldStart: { start: fitted(1870), word: fitted(0.00589) },
        range: ggufRange,
      },
      Q8_0: {
        prompt: { layer: fitted(1.39), attention: fitted(25.9), gigaflop: fitted(9.91) },
        token: { call: fitted(0.583), layer: fitted(0.101), megabyte: fitted(0.0546) },
        memory: { base: fitted(167_000_000), word: fitted(286), fileByte: fitted(1.04) },
        coldStart: { start: fitted(1870), word: fitted(0.00589) },
        range: ggufRange,
      },
    },
  },
} as const satisfies Record<EngineName, EngineFacts>;

const estimate = from("chosen by edge-ai, not measured", "2026-11-23");
const generated = from("lib/llama.ts of generated apps: LLAMA_CONTEXT_TOKENS, LLAMA_SEQUENCES", "2026-11-23");
const shapes = from("config.json of six decoders of 135M to 1.5B, counted by edge-ai", "2026-11-23");

export const assumptions = {
  /** Predictions are multiplied by this until they are measured. */
  safetyFactor: estimate(2),
  /** The function's own code, bundled. `edge-ai build` reports the real number. */
  appBytes: estimate(300_000),
  /** Share of the parameters in the embedding table when the layer sizes are unknown: 13 to 28 % were counted. */
  embeddingShare: shapes(0.2),
  /** KV cache of a token in fp16 when the layer sizes are unknown: Qwen3-0.6B, the largest that was counted under 1B. */
  kvBytesPerToken: shapes(114_688),
  /** Room that lib/llama.ts of a generated app makes for each of its conversations, whether they use it or not. */
  contextTokens: generated(2_048),
  sequences: generated(2),
  /** Processor time of a function that waits for an endpoint: parse, check, relay. */
  thinCpuMs: estimate(2),
  /** Slower than this a reader waits for the words. */
  readableTokensPerSecond: estimate(10),
  /** The share of a function's memory that may be planned for. */
  memoryShare: estimate(0.8),
} as const satisfies Record<string, Fact>;

/** What one instance serves when an endpoint does the inference. */
export const commonRpsPerInstance = {
  low: 10,
  high: 50,
  source: "common experience with functions that wait for an endpoint, not a measurement",
  checkedAt: "2026-11-23",
} as const;
