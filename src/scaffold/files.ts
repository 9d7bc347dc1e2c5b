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
    for (const [file, source] of await templateFiles(`models/${BUILT_IN_MODEL}`))
      tree.set(`${modelPath(answers)}/${file}`, { copyOf: source });
  } else {
    tree.set(`${modelPath(answers)}/.gitkeep`, { text: "" });
  }
  for (const [file, content] of tree) {
    if (file.endsWith(".json") && "text" in content) JSON.parse(content.text);
  }
  return tree;
}

/** True when the weights of the model come with the project. */
function hasWeights(modelId: string): boolean {
  return modelId === BUILT_IN_MODEL;
}

function modelPath({ model }: Answers): string {
  return `models/${model.id}`;
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
