// create-edge-ai 0.1.0
import { readFile } from "node:fs/promises";
import path from "node:path";

/** What a model makes of a text: a unit vector of its meaning, or a number for each of its labels. */
type Kind = "embedding" | "logits";

export interface Outcome {
  kind: Kind;
  /** One per text. */
  rows: Float32Array[];
  /** Tokens of all texts, after truncation. */
  tokens: number;
}

export interface Model {
  kind: Kind;
  run(text: string): Promise<{ row: Float32Array; tokens: number }>;
}

/** The outputs that we know, the best first. Of hidden states, the mean over the tokens is taken. */
const OUTPUTS = { logits: "logits", sentence_embedding: "embedding", last_hidden_state: "embedding" } as const;

/**
 * Loads a model in the layout of Transformers.js: tokenizer.json, tokenizer_config.json, onnx/model_quantized.onnx.
 * @throws Error when a file is missing or broken, or the model has none of the outputs we know
 */
export async function loadModel(dir: string): Promise<Model> {
  const [{ InferenceSession, Tensor }, { Tokenizer }] = await Promise.all([
    import("onnxruntime-node"),
    import("@huggingface/tokenizers"),
  ]);
  const tokenizerConfig = await readJsonFile(dir, "tokenizer_config.json");
  const tokenizer = new Tokenizer(await readJsonFile(dir, "tokenizer.json"), tokenizerConfig);
  const maxTokens = Math.min(Number(tokenizerConfig["model_max_length"] ?? 512), 8192);
  // One thread: a function has one vCPU by default, and the host's other requests need the rest.
  const session = await InferenceSession.create(path.join(dir, "onnx", "model_quantized.onnx"), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const [output, kind] = Object.entries(OUTPUTS).find(([name]) => session.outputNames.includes(name)) ?? [];
  if (output === undefined || kind === undefined) {
    throw new Error(`the model has none of the outputs ${Object.keys(OUTPUTS).join(", ")}`);
  }

  return {
    kind,
    async run(text) {
      const ids = truncate(tokenizer.encode(text).ids, maxTokens);
      const shape = [1, ids.length];
      const inputs = {
        input_ids: () => BigInt64Array.from(ids, BigInt),
        attention_mask: () => new BigInt64Array(ids.length).fill(1n),
        token_type_ids: () => new BigInt64Array(ids.length),
      };
      const feeds = Object.fromEntries(
        Object.entries(inputs)
          .filter(([name]) => session.inputNames.includes(name))
          .map(([name, values]) => [name, new Tensor("int64", values(), shape)]),
      );
      const result = (await session.run(feeds, [output]))[output];
      if (!(result?.data instanceof Float32Array)) throw new Error(`the model's output ${output} does not hold floats`);
      const row = kind === "logits" ? result.data : normalize(meanOf(result.data, result.dims.at(-1) ?? 0));
      return { row, tokens: ids.length };
    },
  };
}

/** A JSON file of a model's folder. */
export async function readJsonFile(dir: string, file: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(path.join(dir, file), "utf8"));
}

/** Cuts to `max` tokens but keeps the last one, which may be the separator the model was trained with. */
function truncate(ids: readonly number[], max: number): number[] {
  if (ids.length === 0) return [0];
  return ids.length <= max ? [...ids] : [...ids.slice(0, max - 1), ...ids.slice(-1)];
}

/** Mean over the rows of a rows x width matrix. */
function meanOf(data: Float32Array, width: number): Float32Array {
  const mean = new Float32Array(width);
  data.forEach((value, index) => {
    mean[index % width] = (mean[index % width] ?? 0) + value / (data.length / width);
  });
  return mean;
}

function normalize(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}
