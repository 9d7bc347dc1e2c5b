import fs from "node:fs/promises";
import path from "node:path";
import { CliError, systemCode } from "../errors.ts";
import type { KnownModel } from "../plan/types.ts";
import { readModelConfig, type ModelConfig } from "./config-json.ts";
import { compareCounts } from "./cross-check.ts";
import { readGguf } from "./read-gguf.ts";
import { readSafetensors } from "./read-safetensors.ts";
import {
  ONNX_BYTES_PER_PARAM,
  plannedVariants,
  weightFiles,
  type ListedFile,
  type WeightFile,
} from "./weight-files.ts";

const WEIGHTS = /\.(?:gguf|onnx|safetensors)$/;
/** Deep enough for onnx/ and for what a package has around it; a folder of models is not one model. */
const MAX_DEPTH = 2;

/** What was read, and where. */
type Count = Pick<KnownModel, "params" | "confidence" | "source">;

/** True for a name that can only be a path: "./x", "/x", "x.gguf". */
export function isPath(name: string): boolean {
  return /^\.{0,2}[/\\]|^\.{1,2}$/.test(name) || path.isAbsolute(name) || WEIGHTS.test(name);
}

/**
 * What a file or folder on this machine says of a model: the tensors' shapes where there is a header (GGUF, safetensors), else
 * the layer sizes in config.json, else the bytes of an ONNX file.
 * @returns null when there is no such file or folder, and the name may be something else
 * @throws CliError FILE when it is there, or has to be, and says no size
 */
export async function describeLocal(name: string, cwd: string): Promise<KnownModel | null> {
  const target = path.resolve(cwd, name);
  const stat = await fs.stat(target).catch((error: unknown) => {
    if (isPath(name)) throw noSuch(name, error);
    return null;
  });
  if (stat === null) return null;
  const root = stat.isDirectory() ? target : path.dirname(target);
  const files = stat.isDirectory() ? await list(target) : [{ path: path.basename(target), bytes: stat.size }];
  const isModel = files.some((file) => WEIGHTS.test(file.path) || file.path === "config.json");
  if (!isModel && !isPath(name)) return null;
  return describeFiles(name, root, files);
}

async function describeFiles(name: string, root: string, files: readonly ListedFile[]): Promise<KnownModel> {
  const config = files.some((file) => file.path === "config.json") ? await readConfigJson(root) : null;
  const ggufFile = files.find((file) => file.path.endsWith(".gguf"))?.path ?? null;
  const gguf = ggufFile === null ? null : await readGguf(path.join(root, ggufFile));
  const weights = withGgufDtype(looseOnnx(weightFiles(files), files), ggufFile, gguf?.dtype ?? null);
  const counts = [
    await fromSafetensors(root, files, config),
    gguf === null ? null : countOf(gguf.params, "gguf", `the tensors in ${ggufFile}, counted`),
    config?.params == null ? null : countOf(config.params, "config", "the layer sizes in config.json"),
    fromOnnx(weights),
  ];
  const best = counts.find((count) => count !== null);
  if (best === undefined || best === null) throw noSize(name);
  const formula = config?.params?.total ?? null;
  const pipeline = config?.pipeline ?? (gguf === null ? null : "text-generation");
  // Exporters of decoders write a tied head out once more, so that only an encoder's bytes say something of its count.
  const bytes = pipeline === "text-generation" ? null : fromOnnx(weights);
  return {
    id: idOf(name, root, gguf?.name ?? null, files),
    pipeline,
    ...best,
    arch: gguf?.arch ?? config?.arch ?? {},
    context: config?.context ?? gguf?.context ?? null,
    tokenizerBytes: files.find((file) => file.path === "tokenizer.json")?.bytes ?? null,
    variants: plannedVariants(weights, "bytes of the file on this machine"),
    warnings: [
      ...(config?.warnings ?? []),
      ...compareCounts({ what: best.source, total: best.params.total }, { what: "the layer sizes", total: formula }),
      ...compareCounts(
        { what: best.source, total: best.params.total },
        { what: bytes?.source ?? "", total: bytes?.params.total ?? null },
      ),
    ],
  };
}

function countOf(params: Count["params"], confidence: Count["confidence"], source: string): Count {
  return { params, confidence, source };
}

async function fromSafetensors(
  root: string,
  files: readonly ListedFile[],
  config: ModelConfig | null,
): Promise<Count | null> {
  const shards = files.filter((file) => file.path.endsWith(".safetensors"));
  if (shards.length === 0 || config?.quantised === true) return null;
  const headers = await Promise.all(shards.map((shard) => readSafetensors(path.join(root, shard.path))));
  const total = headers.reduce((sum, { params }) => sum + params, 0);
  if (total === 0) return null;
  // Only the layer sizes say which of them work on each token.
  const active = config?.params == null ? null : Math.min(config.params.active, total);
  return countOf(
    { total, active },
    "safetensors",
    `the tensors in ${shards.map((shard) => shard.path).join(", ")}, counted`,
  );
}

function fromOnnx(weights: readonly WeightFile[]): Count | null {
  for (const { dtype, bytes, path: file } of weights) {
    const perParam = ONNX_BYTES_PER_PARAM[dtype];
    if (perParam === undefined) continue;
    const total = Math.round(bytes / perParam);
    return countOf({ total, active: total }, "onnx", `bytes of ${file} ÷ ${perParam} (${dtype})`);
  }
  return null;
}

/** A single ONNX file with a name of its own: whoever names it means it, and fp32 is what an exporter writes. */
function looseOnnx(weights: readonly WeightFile[], files: readonly ListedFile[]): readonly WeightFile[] {
  const [only, ...others] = files.filter((file) => file.path.endsWith(".onnx"));
  if (weights.length > 0 || only === undefined || others.length > 0) return weights;
  const dtype = /quant|int8|q8/i.test(only.path) ? "q8" : /fp16|f16/i.test(only.path) ? "fp16" : "fp32";
  return [{ ...only, engine: "onnx", dtype }];
}

/** What stands in a file's header is surer than its name. */
function withGgufDtype(
  weights: readonly WeightFile[],
  ggufFile: string | null,
  dtype: string | null,
): readonly WeightFile[] {
  return weights.map((file) => (file.path === ggufFile && dtype !== null ? { ...file, dtype } : file));
}

async function readConfigJson(root: string): Promise<ModelConfig> {
  const file = path.join(root, "config.json");
  try {
    return readModelConfig(JSON.parse(await fs.readFile(file, "utf8")));
  } catch (error) {
    throw new CliError("FILE", `${file} is not valid JSON`, { hint: "get the file again", cause: error });
  }
}

/** A folder's own name; of a lone file its name, or what a GGUF file calls itself. */
function idOf(name: string, root: string, ggufName: string | null, files: readonly ListedFile[]): string {
  const base = path.basename(path.resolve(name));
  if (!WEIGHTS.test(base)) return path.basename(root);
  const generic = /^model[^/]*$/.test(base) && files.length === 1;
  return (generic ? ggufName : null) ?? base.replace(WEIGHTS, "");
}

async function list(root: string, below = "", depth = 0): Promise<ListedFile[]> {
  const entries = await fs.readdir(path.join(root, below), { withFileTypes: true });
  const found = entries.map(async (entry): Promise<ListedFile[]> => {
    const file = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.name.startsWith(".") || entry.name === "node_modules") return [];
    if (entry.isDirectory()) return depth < MAX_DEPTH ? list(root, file, depth + 1) : [];
    const stat = await fs.stat(path.join(root, file)).catch(() => null);
    return stat?.isFile() === true ? [{ path: file, bytes: stat.size }] : [];
  });
  return (await Promise.all(found)).flat().toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function noSuch(name: string, cause: unknown): CliError {
  const missing = systemCode(cause) === "ENOENT" || systemCode(cause) === "ENOTDIR";
  return new CliError("FILE", missing ? `there is no file or folder ${name}` : `${name} cannot be read`, {
    hint: "name a folder with config.json and weights, or a .gguf, .onnx or .safetensors file",
    cause,
  });
}

function noSize(name: string): CliError {
  return new CliError("FILE", `nothing in ${name} says how large the model is`, {
    hint: "it takes a config.json, or a .gguf, .safetensors or model.onnx file; or give the size: --params 0.5B",
  });
}
