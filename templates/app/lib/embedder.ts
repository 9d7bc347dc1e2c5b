// create-edge-ai 0.1.0
import { runModel } from "./onnx.ts";

export { OverloadedError } from "./onnx.ts";

export interface Embeddings {
  /** One unit vector per text. */
  vectors: Float32Array[];
  /** Tokens of all texts, after truncation. */
  tokens: number;
}

/**
 * Embeds texts with the model in `modelDir`; the first call loads it. A caller who leaves is not computed for.
 * @throws OverloadedError when too many texts wait already; HttpError 499 when the caller leaves; Error when the model is a classifier
 */
export async function embed(modelDir: string, texts: readonly string[], signal?: AbortSignal): Promise<Embeddings> {
  const { kind, rows, tokens } = await runModel(modelDir, texts, signal);
  if (kind !== "embedding") throw new Error("this model classifies, it gives no embeddings");
  return { vectors: rows, tokens };
}
