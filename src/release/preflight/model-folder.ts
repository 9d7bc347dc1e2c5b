import path from "node:path";
import type { Config } from "../../config/schema.ts";

/** What templates/app/lib/onnx-model.ts loads, and the config.json that says what it is. */
const ONNX_FILES = ["config.json", "tokenizer.json", "tokenizer_config.json", "onnx/model_quantized.onnx"] as const;
/** What templates/app/lib/llama.ts loads. */
const GGUF_FILES = ["model.gguf"] as const;

/** The files of a model, below its folder. */
export function modelFilesOf({ task }: Config): readonly string[] {
  return task === "chat" ? GGUF_FILES : ONNX_FILES;
}

/** True when the functions load weights themselves. */
export function loadsModel(config: Config | null): config is Config {
  return config?.mode === "local" && config.task !== "image";
}

/** A folder inside the project in one spelling: "./models/x/" → "models/x". */
export function normalFolder(folder: string): string {
  return path.posix.normalize(folder.replaceAll("\\", "/")).replace(/\/$/, "");
}
