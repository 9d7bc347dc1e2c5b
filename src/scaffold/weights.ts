import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import type { Answers, FileTree } from "./files.ts";
import { templateFiles } from "./template.ts";

/** The one model whose weights come with this package. */
const BUILT_IN_MODEL = "use-lite";

/** Sizes and hashes of the weights, so that `edge-ai doctor` notices files that are cut or changed. */
const MODELS_LOCK = "models.lock.json";
/** For people: nothing loads it, so it is not locked. */
const NOTICE = "NOTICE";

/** True when the weights of the model come with the project. */
export function hasWeights(modelId: string): boolean {
  return modelId === BUILT_IN_MODEL;
}

/** Puts the weights of a model of local mode into its project, or the folder where they belong. */
export async function addWeights(tree: FileTree, answers: Answers): Promise<void> {
  if (!hasWeights(answers.model.id)) {
    tree.set(`${modelPath(answers)}/.gitkeep`, { text: "" });
    return;
  }
  const modelFiles = await templateFiles(`models/${BUILT_IN_MODEL}`);
  for (const [file, source] of modelFiles) tree.set(`${modelPath(answers)}/${file}`, { copyOf: source });
  tree.set(MODELS_LOCK, { text: await lockModel(answers, modelFiles) });
}

/** The folder of the weights, in the project. */
export function modelPath({ model }: Answers): string {
  return `models/${model.id}`;
}

async function lockModel(answers: Answers, modelFiles: ReadonlyMap<string, string>): Promise<string> {
  const locked = [...modelFiles].filter(([file]) => file !== NOTICE).map(([file, source]) => lockFile(file, source));
  const model = { id: answers.model.id, path: modelPath(answers), files: await Promise.all(locked) };
  return `${JSON.stringify({ version: 1, models: [model] }, null, 2)}\n`;
}

async function lockFile(file: string, source: string): Promise<{ path: string; bytes: number; sha256: string }> {
  const content = await fs.readFile(source);
  return { path: file, bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") };
}
