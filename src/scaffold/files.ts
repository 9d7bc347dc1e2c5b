import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import type { PackageManager, TargetName } from "../config/words.ts";
import { render } from "./render.ts";
import { targetPath, templateFiles } from "./template.ts";

/** All that varies between two projects. */
export interface Answers {
  name: string;
  target: TargetName;
  model: { id: string; hub: string };
  latencyBudgetMs: number;
  regions: readonly string[] | undefined;
  pm: PackageManager;
  /** Sentences that say why this mode and platform. */
  reasons: readonly string[];
  /** What package.json says for create-edge-ai: a version, or the packed tarball in vendor/. */
  selfSpec: string;
  version: string;
  recreate: string;
}

/** What a file of a new project is made of: text, or a copy of another file. */
export type FileContent = { text: string } | { copyOf: string };
export type FileTree = Map<string, FileContent>;

/** The one model whose weights come with this package. */
const BUILT_IN_MODEL = "use-lite";

/**
 * Models whose sentence vector is the mean over the tokens, with nothing put before the text: what lib/embedder.ts does.
 * Not bge (first token) and e5 ("query: " before the text). Source: the models' cards on the Hub, from memory, 2026-11-23.
 */
const MEAN_POOLED: ReadonlySet<string> = new Set([
  BUILT_IN_MODEL,
  "all-minilm-l6-v2",
  "all-minilm-l12-v2",
  "jina-embeddings-v2-small-en",
]);

/** Sizes and hashes of the weights, so that `edge-ai doctor` notices files that are cut or changed. */
const MODELS_LOCK = "models.lock.json";
/** For people: nothing loads it, so it is not locked. */
const NOTICE = "NOTICE";

/** Files whose content depends on the answers; all others are copied as they are. */
const edits: Record<string, (template: string, answers: Answers) => string> = {
  "edge-ai.json": editConfig,
  "package.json": editPackage,
  "vercel.json": editVercel,
  "README.md.hbs": renderReadme,
};

/**
 * The files of a new embeddings project in local mode: path → content.
 * @throws SyntaxError when a JSON file of the template is broken (a bug)
 */
export async function projectFiles(answers: Answers): Promise<FileTree> {
  const tree: FileTree = new Map();
  for (const [file, source] of await templateFiles("embeddings")) {
    const editFile = edits[file];
    tree.set(
      targetPath(file),
      editFile === undefined ? { copyOf: source } : { text: editFile(await fs.readFile(source, "utf8"), answers) },
    );
  }
  if (answers.model.id === BUILT_IN_MODEL) {
    const modelFiles = await templateFiles(`models/${BUILT_IN_MODEL}`);
    for (const [file, source] of modelFiles) tree.set(`${modelPath(answers)}/${file}`, { copyOf: source });
    tree.set(MODELS_LOCK, { text: await lockModel(answers, modelFiles) });
  } else {
    tree.set(`${modelPath(answers)}/.gitkeep`, { text: "" });
  }
  for (const [file, content] of tree) {
    if (file.endsWith(".json") && "text" in content) JSON.parse(content.text);
  }
  return tree;
}

/** True when the template computes the vectors that the model was made for. */
export function canEmbed(modelId: string): boolean {
  return MEAN_POOLED.has(modelId);
}

/** True when the weights of the model come with the project. */
function hasWeights(modelId: string): boolean {
  return modelId === BUILT_IN_MODEL;
}

function modelPath({ model }: Answers): string {
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

function editConfig(template: string, answers: Answers): string {
  return edit(template, (config) => ({
    ...config,
    name: answers.name,
    target: answers.target,
    model: { id: answers.model.id, revision: null, path: modelPath(answers) },
    latencyBudgetMs: answers.latencyBudgetMs,
    slo: { ...asObject(config["slo"]), p95Ms: answers.latencyBudgetMs },
  }));
}

function editPackage(template: string, answers: Answers): string {
  return edit(template, (manifest) => ({
    ...manifest,
    name: answers.name,
    devDependencies: { ...asObject(manifest["devDependencies"]), "create-edge-ai": answers.selfSpec },
  }));
}

function editVercel(template: string, answers: Answers): string {
  return edit(template.replaceAll(`models/${BUILT_IN_MODEL}/`, `${modelPath(answers)}/`), (config) => ({
    ...config,
    ...(answers.regions !== undefined && { regions: answers.regions }),
  }));
}

function renderReadme(template: string, answers: Answers): string {
  return render(template, {
    ...answers,
    model: { ...answers.model, path: modelPath(answers) },
    path: modelPath(answers),
    trial: hasWeights(answers.model.id),
    vendored: answers.selfSpec.startsWith("file:"),
    run: answers.pm === "npm" ? "npm run" : answers.pm,
  });
}

function edit(json: string, change: (value: Record<string, unknown>) => object): string {
  return `${JSON.stringify(change(asObject(JSON.parse(json))), null, 2)}\n`;
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
