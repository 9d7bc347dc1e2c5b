import type { EngineName } from "../data/engines.ts";
import type { Variant } from "../data/models-schema.ts";

/** A file of a model, on the Hub, in a package or on this machine. */
export interface ListedFile {
  /** Below the model's folder, with "/". */
  path: string;
  bytes: number;
}

export interface WeightFile extends ListedFile {
  engine: EngineName;
  /** As Transformers.js and llama.cpp call it: "q8", "Q4_0". */
  dtype: string;
}

/** How Transformers.js marks the kind of weights in a file's name; source: its own table of suffixes, 4.2.0, 2026-11-23. */
const ONNX_SUFFIXES: Readonly<Record<string, string>> = {
  "": "fp32",
  fp16: "fp16",
  quantized: "q8",
  q4: "q4",
  q4f16: "q4f16",
  int8: "int8",
  uint8: "uint8",
  bnb4: "bnb4",
};

/** Bytes of a parameter in an ONNX file of one kind; q4 is left out, because its token table is not in 4 bits. */
export const ONNX_BYTES_PER_PARAM: Readonly<Record<string, number>> = { fp32: 4, fp16: 2, q8: 1, int8: 1, uint8: 1 };

/** The dtypes that the catalogue and the planner have words for. */
const PLANNED: Readonly<Record<EngineName, readonly Variant["dtype"][]>> = {
  onnx: ["fp32", "fp16", "q8", "q4", "q4f16"],
  gguf: ["Q4_0", "Q4_K_M", "Q8_0"],
};

const GGUF_KIND = /(?:^|[-._])((?:i?q\d|tq\d)\w*|f16|f32|bf16)\.gguf$/i;
const SHARD = /-\d{5}-of-\d{5}\.gguf$/i;

/**
 * The files with weights that an engine of ours could load: `onnx/model*.onnx` (or the same in the folder itself), with
 * the bytes of their external data, and GGUF files of one piece.
 */
export function weightFiles(files: readonly ListedFile[]): WeightFile[] {
  return files.flatMap((file): WeightFile[] => {
    const onnx = /^(?:onnx\/)?model(?:_(\w+))?\.onnx$/.exec(file.path);
    const dtype = onnx === null ? undefined : ONNX_SUFFIXES[onnx[1] ?? ""];
    if (dtype !== undefined) return [{ ...file, bytes: file.bytes + dataBytes(file, files), engine: "onnx", dtype }];
    if (!file.path.endsWith(".gguf") || SHARD.test(file.path)) return [];
    return [{ ...file, engine: "gguf", dtype: GGUF_KIND.exec(file.path)?.[1]?.toUpperCase() ?? "unknown" }];
  });
}

/** Weights over 2 GB, and often smaller ones, stand beside the graph: model.onnx_data, model.onnx_data_1, … */
export function externalData<File extends ListedFile>(graph: string, files: readonly File[]): File[] {
  return files.filter(({ path }) => path.startsWith(`${graph}_data`));
}

function dataBytes({ path }: ListedFile, files: readonly ListedFile[]): number {
  return externalData(path, files).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Of weights, those that the planner can reckon with, in its words. */
export function plannedVariants(
  weights: readonly WeightFile[],
  source: string,
): { engine: EngineName; dtype: Variant["dtype"]; bytes: number; source: string }[] {
  const variants = weights.flatMap(({ engine, dtype, bytes }) => {
    const known = PLANNED[engine].find((each) => each === dtype);
    return known === undefined ? [] : [{ engine, dtype: known, bytes, source }];
  });
  // A repository may have the same kind in the folder onnx/ and beside it.
  return variants.filter(
    (each, at) => variants.findIndex((other) => other.engine === each.engine && other.dtype === each.dtype) === at,
  );
}
