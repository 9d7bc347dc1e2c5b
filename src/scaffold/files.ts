import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import { modes, tasks, type Mode, type PackageManager, type TargetName, type Task } from "../config/words.ts";
import { providerOf } from "../data/providers.ts";
import { envExample } from "./app-env.ts";
import { templateClosure, type Closure } from "./closure.ts";
import {
  firstOptions,
  firstRoutes,
  needsOf,
  optionsFile,
  panesFile,
  routes,
  type OptionName,
  type RouteName,
} from "./parts.ts";
import { asObject } from "./merge-json.ts";
import { probeOf, rewritesOf, vercelFunctions } from "./route-config.ts";
import { render } from "./render.ts";
import { targetPath, templateFiles } from "./template.ts";

/** All that varies between two projects. */
export interface Answers {
  name: string;
  task: Task;
  mode: Mode;
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

/** Sizes and hashes of the weights, so that `edge-ai doctor` notices files that are cut or changed. */
const MODELS_LOCK = "models.lock.json";
/** For people: nothing loads it, so it is not locked. */
const NOTICE = "NOTICE";

const LLAMA = "node-llama-cpp";
/** For pnpm, which reads `overrides` elsewhere. */
const GPU_PACKAGES = ["cuda", "cuda-ext", "vulkan"].map((kind) => `@node-llama-cpp/*-${kind}`);

/** What stands in the template for the model that a provider knows by this name. */
const MODEL_PLACEHOLDER = "main-model";
const PROVIDER_PLACEHOLDER = "https://api.openai.com/v1";
export const TARGETS_FILE = "lib/targets.ts";
export const PANES_FILE = "public/panes.js";
export const OPTIONS_FILE = "lib/options.ts";

/** The platform's own, and still something to be told of. */
const BYPASS_SECRET = "VERCEL_AUTOMATION_BYPASS_SECRET";

/** Files that are copied as they are, beside code and page. */
const PLAIN = new Set(["_gitattributes", "_gitignore", "tsconfig.json"]);
/** Only where onnxruntime-node is installed. */
const NPMRC = "_npmrc";

/**
 * The files of a new project: path → content.
 * @throws SyntaxError when a JSON file of the template is broken (a bug)
 */
export async function projectFiles(answers: Answers): Promise<FileTree> {
  const template = await templateFiles("app");
  const chosen = firstRoutes(answers.task);
  const options = firstOptions(answers.mode);
  const closure = await templateClosure([...codeEntries(chosen, options), ...testEntries(answers.task)], answers.mode);
  const tree: FileTree = new Map();
  for (const [file, source] of template) {
    if (file.startsWith("public/") || PLAIN.has(file)) tree.set(targetPath(file), { copyOf: source });
    if (file === NPMRC && closure.packages.has("onnxruntime-node")) tree.set(targetPath(file), { copyOf: source });
  }
  tree.set(PANES_FILE, { text: panesFile([answers.task]) });
  for (const [file, source] of closure.files) tree.set(file, await codeFile(file, source, answers, options));
  const textOf = (file: string): Promise<string> => fs.readFile(template.get(file) ?? "", "utf8");
  tree.set(".env.example", {
    text: envExample([...closure.variables, BYPASS_SECRET], {
      mode: answers.mode,
      needs: needsOf(chosen, options, answers.model.id),
    }),
  });
  tree.set("edge-ai.json", { text: editConfig(await textOf("edge-ai.json"), answers, options) });
  tree.set("package.json", { text: editPackage(await textOf("package.json"), answers, closure) });
  tree.set("vercel.json", { text: vercelJson(await textOf("vercel.json"), answers, chosen) });
  tree.set("README.md", { text: renderReadme(await textOf("README.md.hbs"), answers, options) });
  if (answers.mode === "local") await addWeights(tree, answers);
  for (const [file, content] of tree) {
    if (file.endsWith(".json") && "text" in content) JSON.parse(content.text);
  }
  return tree;
}

/** The code that belongs to functions and options: what a closure of the template begins with. */
export function codeEntries(chosen: readonly RouteName[], options: readonly OptionName[]): string[] {
  return [...chosen.map((name) => routes[name].file), OPTIONS_FILE, ...options.map((name) => `lib/${name}.ts`)];
}

function testEntries(task: Task): string[] {
  return ["test/serve.ts", `test/${task}.test.ts`];
}

async function codeFile(
  file: string,
  source: string,
  answers: Answers,
  options: readonly OptionName[],
): Promise<FileContent> {
  if (file === OPTIONS_FILE) return { text: optionsFile(answers.version, options) };
  if (file !== TARGETS_FILE) return { copyOf: source };
  const text = await fs.readFile(source, "utf8");
  // Endpoints that run open weights know them by their name on the Hub.
  const name = answers.mode === "hybrid" ? answers.model.hub : answers.model.id;
  return { text: targetsText(text, name) };
}

/** The text of lib/targets.ts for a model that its endpoint knows by this name. */
export function targetsText(template: string, model: string): string {
  const provider = providerOf(model)?.baseUrl ?? "";
  return template
    .replaceAll(JSON.stringify(MODEL_PLACEHOLDER), JSON.stringify(model))
    .replace(`PROVIDER = ${JSON.stringify(PROVIDER_PLACEHOLDER)}`, `PROVIDER = ${JSON.stringify(provider)}`);
}

/** True when the weights of the model come with the project. */
function hasWeights(modelId: string): boolean {
  return modelId === BUILT_IN_MODEL;
}

async function addWeights(tree: FileTree, answers: Answers): Promise<void> {
  if (!hasWeights(answers.model.id)) {
    tree.set(`${modelPath(answers)}/.gitkeep`, { text: "" });
    return;
  }
  const modelFiles = await templateFiles(`models/${BUILT_IN_MODEL}`);
  for (const [file, source] of modelFiles) tree.set(`${modelPath(answers)}/${file}`, { copyOf: source });
  tree.set(MODELS_LOCK, { text: await lockModel(answers, modelFiles) });
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

function editConfig(template: string, answers: Answers, options: readonly OptionName[]): string {
  const { name, task, mode, target, latencyBudgetMs } = answers;
  return edit(template, (config) => ({
    ...config,
    name,
    task,
    mode,
    target,
    model: { id: answers.model.id, revision: null, path: mode === "local" ? modelPath(answers) : null },
    latencyBudgetMs,
    slo: firstSlo(answers),
    probes: [probeOf(task, options)].filter((probe) => probe !== null),
  }));
}

/** What is free to call is measured by the hundred; what costs money or seconds keeps the defaults of a paid route. */
function firstSlo({ task, mode, latencyBudgetMs }: Answers): object {
  if (mode === "local" && task !== "chat") return { p95Ms: latencyBudgetMs, errorRate: 0.01, throughputPerSecond: 100 };
  const latency = task === "chat" ? { firstTokenMs: latencyBudgetMs } : { p95Ms: latencyBudgetMs };
  if (mode === "local") return { ...latency, errorRate: 0.01 };
  return { ...latency, errorRate: 0.01, costPerRequestUsd: { limit: 0.001, level: "warn" } };
}

function editPackage(template: string, answers: Answers, { packages }: Closure): string {
  return edit(template, ({ config, overrides, ...manifest }) => ({
    ...manifest,
    name: answers.name,
    // Neither the libraries for a GPU, 600 MB, nor a compiler that starts when a binary does not fit.
    ...(packages.has(LLAMA) && { config, overrides, pnpm: { ignoredOptionalDependencies: GPU_PACKAGES } }),
    dependencies: Object.fromEntries(
      Object.entries(asObject(manifest["dependencies"])).filter(([name]) => packages.has(name)),
    ),
    devDependencies: { ...asObject(manifest["devDependencies"]), "create-edge-ai": answers.selfSpec },
  }));
}

function vercelJson(template: string, answers: Answers, chosen: readonly RouteName[]): string {
  const place = { mode: answers.mode, modelPath: modelPath(answers) };
  return edit(template, (config) => ({
    ...config,
    ...(answers.regions !== undefined && { regions: answers.regions }),
    functions: vercelFunctions(chosen, place),
    rewrites: rewritesOf(chosen),
  }));
}

function renderReadme(template: string, answers: Answers, options: readonly OptionName[]): string {
  const { task, mode, model } = answers;
  return render(template, {
    ...answers,
    model: { ...model, path: modelPath(answers) },
    is: {
      ...Object.fromEntries([...tasks, ...modes].map((word) => [word, word === task || word === mode])),
      keyed: options.includes("auth"),
      onnx: mode === "local" && task !== "chat",
    },
    trial: mode === "local" && hasWeights(model.id),
    vendored: answers.selfSpec.startsWith("file:"),
    run: answers.pm === "npm" ? "npm run" : answers.pm,
  });
}

function edit(json: string, change: (value: Record<string, unknown>) => object): string {
  return `${JSON.stringify(change(asObject(JSON.parse(json))), null, 2)}\n`;
}
