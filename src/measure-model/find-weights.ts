import fs from "node:fs/promises";
import path from "node:path";
import type { EngineName } from "../data/engines.ts";
import type { Project } from "./project.ts";
import type { Subject } from "./subject.ts";

/** What a function reads; the first one holds the weights. */
const files: Record<EngineName, readonly [string, ...string[]]> = {
  onnx: ["onnx/model_quantized.onnx", "tokenizer.json", "tokenizer_config.json"],
  gguf: ["model.gguf"],
};
/**
 * Kinds of weights are told apart by their size. Those of an engine differ by 1.9 times at least (Q4_0 and Q8_0), and a planned
 * size that comes from a formula is within 15 % of the file (src/plan/predict.ts).
 */
const SIZE_TOLERANCE = 0.15;

/** Weights on this machine: a folder as functions read it, or one GGUF file. */
export type Weights = { dir: string } | { file: string };

/**
 * The weights of a model in a project, or why there are none to use. They have to be of the planned kind.
 * @returns absolute paths
 */
export async function findWeights(project: Project, subject: Subject): Promise<Weights | { why: string }> {
  const named = await namedFile(project, subject);
  if (named !== null) return named;
  const folders = foldersFor(project, subject);
  const unfit: string[] = [];
  for (const folder of folders) {
    const dir = path.resolve(project.dir, folder);
    const why = await unfitIn(dir, subject);
    if (why === null) return { dir };
    if (why !== "") unfit.push(`${folder}/${why}`);
  }
  return { why: unfit.length > 0 ? unfit.join("; ") : `no weights in ${folders.join(" or ")}` };
}

/** `edge-ai plan ./some.gguf`. */
async function namedFile({ dir }: Project, subject: Subject): Promise<Weights | null> {
  for (const name of subject.names) {
    const file = path.resolve(dir, name);
    if (name.endsWith(".gguf") && isNear(await bytesOf(file), subject)) return { file };
  }
  return null;
}

/** The configured folder when it is this model's, else where the model would be pulled to, or the folder that was named. */
function foldersFor({ config, modelPath }: Project, { names }: Subject): string[] {
  const isOwn = names.some((name) => name.toLowerCase() === config.model.id.toLowerCase());
  const others = names.flatMap((name) =>
    isPath(name) ? [name] : [path.join("models", name), path.join("models", path.posix.basename(name))],
  );
  return [...new Set([...(isOwn ? [modelPath] : []), ...others])];
}

function isPath(name: string): boolean {
  return name.startsWith(".") || path.isAbsolute(name);
}

/** Why a folder will not do; empty when there is nothing to speak of. */
async function unfitIn(dir: string, subject: Subject): Promise<string | null> {
  const [weights, ...others] = files[subject.engine];
  const bytes = await bytesOf(path.join(dir, weights));
  if (bytes === null) return "";
  if (!isNear(bytes, subject)) {
    return `${weights} has ${megabytes(bytes)}, and the planned ${subject.dtype} file ${megabytes(subject.weightsBytes)}`;
  }
  for (const file of others) if ((await bytesOf(path.join(dir, file))) === null) return `${file} is missing`;
  return null;
}

function isNear(bytes: number | null, { weightsBytes }: Subject): boolean {
  return bytes !== null && Math.abs(bytes / weightsBytes - 1) <= SIZE_TOLERANCE;
}

async function bytesOf(file: string): Promise<number | null> {
  const stat = await fs.stat(file).catch(() => null);
  return stat?.isFile() === true ? stat.size : null;
}

/** Bytes in MB of 1,000,000. */
function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
