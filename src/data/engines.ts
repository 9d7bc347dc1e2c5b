import { from, type Fact } from "./fact.ts";

/**
 * What an inference engine weighs and how fast it is. Rates are the middle of the measured range; the safety factor
 * covers the rest until somebody measures on the machine that counts. MB are 1e6 bytes.
 */

const BENCH = "measured by edge-ai: one core of an AMD EPYC (AVX2, no VNNI), Node 24.21, 128-token prompts";
const bundled = from(
  "measured by edge-ai: npm install, traced by @vercel/nft 1.11.5, pruned to linux-x64, run",
  "2026-11-23",
);
const onnx = from(`${BENCH}, onnxruntime-node 1.30, same-shape files with random weights`, "2026-11-23");
const llama = from(`${BENCH}, node-llama-cpp 3.22.1, seven GGUF files of 91 to 636 MB`, "2026-11-23");

/** How one kind of weights behaves on an engine. */
export interface DtypeFacts {
  /** Resident memory is `memoryBaseBytes + memoryPerFileByte × file bytes` (+ KV cache). */
  memoryBaseBytes: Fact;
  memoryPerFileByte: Fact;
  /** Arithmetic of an encoder, or of reading the prompt. */
  flopsPerSecondPerCore: Fact;
  /** How fast weights are read for each new token; null where nothing is generated. */
  readBytesPerSecond: Fact | null;
}

export interface EngineFacts {
  package: string;
  /** The engine in the deployed bundle. */
  bundleBytes: Fact;
  /** Import and initialisation, without the model. */
  importMs: Fact;
  loadMsPerMegabyte: Fact;
  /** What a call costs that does no arithmetic to speak of. */
  callMs: Fact;
  dtypes: Readonly<Partial<Record<string, DtypeFacts>>>;
}

export type EngineName = "onnx" | "gguf";

export const engines = {
  onnx: {
    package: "onnxruntime-node",
    bundleBytes: bundled(46_400_000),
    importMs: onnx(130),
    loadMsPerMegabyte: onnx(4.5),
    // USE-lite, 8 tokens: 1.1 ms, of which 0.5 are arithmetic.
    callMs: onnx(0.6),
    // fp16, q4 and q4f16 are left out: slower than q8 or not measured on a CPU, and q4 is not even smaller for encoders.
    dtypes: {
      q8: {
        memoryBaseBytes: onnx(90e6),
        memoryPerFileByte: onnx(1.55),
        flopsPerSecondPerCore: onnx(97.5e9),
        readBytesPerSecond: null,
      },
      fp32: {
        memoryBaseBytes: onnx(90e6),
        memoryPerFileByte: onnx(1.55),
        flopsPerSecondPerCore: onnx(45e9),
        readBytesPerSecond: null,
      },
    },
  },
  gguf: {
    package: "node-llama-cpp",
    // With all 14 CPU variants, which is what our builder puts into a function; 24.5 MB with 8 of them dropped.
    bundleBytes: bundled(33_600_000),
    importMs: llama(1_000),
    loadMsPerMegabyte: llama(6),
    callMs: llama(0),
    dtypes: {
      Q4_0: {
        memoryBaseBytes: llama(130e6),
        memoryPerFileByte: llama(2),
        flopsPerSecondPerCore: llama(56e9),
        readBytesPerSecond: llama(9e9),
      },
      Q8_0: {
        memoryBaseBytes: llama(120e6),
        memoryPerFileByte: llama(1.27),
        flopsPerSecondPerCore: llama(56e9),
        readBytesPerSecond: llama(9e9),
      },
    },
  },
} as const satisfies Record<EngineName, EngineFacts>;

const estimate = from("chosen by edge-ai, not measured", "2026-11-23");
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
