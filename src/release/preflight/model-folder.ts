import path from "node:path";
import type { Config } from "../../config/schema.ts";

/** What templates/app/lib/onnx-model.ts loads, and the config.json that says what it is. */
export const modelFiles = [
  "config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "onnx/model_quantized.onnx",
] as const;

/** True when the functions load ONNX weights themselves. */
export function loadsModel(config: Config | null): config is Config {
  return config?.mode === "local" && (config.task === "embeddings" || config.task === "classify");
}

/** A folder inside the project in one spelling: "./models/x/" → "models/x". */
export function normalFolder(folder: string): string {
  return path.posix.normalize(folder.replaceAll("\\", "/")).replace(/\/$/, "");
}
