import type { EngineName } from "../data/engines.ts";
import { CliError } from "../errors.ts";
import type { Digest } from "./hub-api.ts";
import { externalData, weightFiles, type ListedFile, type WeightFile } from "./weight-files.ts";

/** A file at its source. `digest` is null where only the whole package has one. */
export interface SourceFile extends ListedFile {
  digest: Digest | null;
}

/** A file to fetch: `from` at the source, `path` below the model's folder, as generated apps read it. */
export interface ChosenFile extends SourceFile {
  from: string;
}

export interface Chosen {
  engine: EngineName;
  dtype: string;
  files: ChosenFile[];
}

/** What the functions of a generated app load beside the weights (lib/onnx-model.ts, lib/classifier.ts). */
const BESIDE_ONNX = ["config.json", "tokenizer.json", "tokenizer_config.json"] as const;
/** What lib/llama.ts loads. */
const GGUF_NAME = "model.gguf";
/** The best for a function's CPU first: what the planner reckons with. */
const BEST: Readonly<Record<EngineName, readonly string[]>> = { onnx: ["q8"], gguf: ["Q4_0", "Q8_0", "Q4_K_M"] };

/**
 * The files of one kind of weights, and what has to stand beside them.
 * @param wanted dtype: the one that was asked for; engine: what the app runs, null when either will do
 * @param source for messages: the repository or package
 * @throws CliError UNKNOWN_MODEL when there are no such files
 */
export function chooseFiles(
  files: readonly SourceFile[],
  wanted: { dtype: string | undefined; engine: EngineName | null },
  source: string,
): Chosen {
  const weights = weightFiles(files);
  const found = pick(weights, wanted);
  if (found === undefined) throw noWeights(weights, wanted, source);
  return found.engine === "gguf" ? chooseGguf(found, files) : chooseOnnx(found, files, source);
}

function pick(
  weights: readonly WeightFile[],
  { dtype, engine }: { dtype: string | undefined; engine: EngineName | null },
): WeightFile | undefined {
  if (dtype !== undefined) return weights.find((file) => file.dtype.toLowerCase() === dtype.toLowerCase());
  const engines: readonly EngineName[] = engine === null ? ["onnx", "gguf"] : [engine];
  const best = engines.flatMap((each) => BEST[each].map((name) => ({ engine: each, dtype: name })));
  return best
    .map((each) => weights.find((file) => file.engine === each.engine && file.dtype === each.dtype))
    .find((file) => file !== undefined);
}

function chooseGguf(weights: WeightFile, files: readonly SourceFile[]): Chosen {
  const source = files.filter((file) => file.path === weights.path);
  return {
    engine: "gguf",
    dtype: weights.dtype,
    files: source.map((file) => ({ ...file, from: file.path, path: GGUF_NAME })),
  };
}

function chooseOnnx(weights: WeightFile, files: readonly SourceFile[], source: string): Chosen {
  const beside = BESIDE_ONNX.map((name) => {
    const file = files.find((each) => each.path === name);
    if (file !== undefined) return { ...file, from: name };
    throw new CliError("UNKNOWN_MODEL", `${source} has no ${name}, which the functions need`, {
      hint: "take a repository in the layout of Transformers.js, like those of Xenova/ and onnx-community/",
    });
  });
  const graph = files.filter((file) => file.path === weights.path);
  const parts = [...graph, ...externalData(weights.path, files)].map((file) => {
    const name = file.path.split("/").at(-1) ?? file.path;
    return { ...file, from: file.path, path: `onnx/${name}` };
  });
  return { engine: "onnx", dtype: weights.dtype, files: [...beside, ...parts] };
}

function noWeights(
  weights: readonly WeightFile[],
  { dtype, engine }: { dtype: string | undefined; engine: EngineName | null },
  source: string,
): CliError {
  const what = dtype === undefined ? (engine === "gguf" ? "GGUF weights in one file" : "ONNX weights in q8") : dtype;
  const others = [...new Set(weights.map((file) => file.dtype))];
  return new CliError("UNKNOWN_MODEL", `${source} has no ${what}`, {
    hint:
      others.length > 0
        ? `it has ${others.join(", ")}: name one with --dtype, or take another repository`
        : engine === "gguf"
          ? "name a repository with GGUF files: edge-ai models pull owner/name-GGUF"
          : "take a repository with ONNX files, like those of Xenova/ and onnx-community/",
  });
}
