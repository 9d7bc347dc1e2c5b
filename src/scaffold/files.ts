import fs from "node:fs/promises";
import { modes, tasks, type Mode, type PackageManager, type TargetName, type Task } from "../config/words.ts";
import { providerOf, workersAi } from "../data/providers.ts";
import { envExample } from "./app-env.ts";
import { templateClosure, type Closure } from "./closure.ts";
import { requiredNames, WORKER_CODE, WRANGLER_FILE, WRANGLER_VERSION, wranglerText } from "./wrangler-json.ts";
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
import { addWeights, hasWeights, modelPath } from "./weights.ts";

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
  const entries = [...codeEntries(chosen, options), ...testEntries(answers.task), ...workerEntries(answers.mode)];
  const closure = await templateClosure(entries, answers.mode);
  const tree: FileTree = new Map();
  for (const [file, source] of template) {
    if (file.startsWith("public/") || PLAIN.has(file)) tree.set(targetPath(file), { copyOf: source });
    if (file === NPMRC && closure.packages.has("onnxruntime-node")) tree.set(targetPath(file), { copyOf: source });
  }
  tree.set(PANES_FILE, { text: panesFile([answers.task]) });
  for (const [file, source] of closure.files) tree.set(file, await codeFile(file, source, answers, options));
  const textOf = (file: string): Promise<string> => fs.readFile(template.get(file) ?? "", "utf8");
  const example = envExample([...closure.variables, BYPASS_SECRET], {
    mode: answers.mode,
    needs: needsOf(chosen, options, answers.model.id),
    model: answers.model.id,
  });
  tree.set(".env.example", { text: example });
  if (runsOnWorkers(answers.mode)) {
    const settings = { name: answers.name, secrets: requiredNames(example), crons: [] };
    tree.set(WRANGLER_FILE, { text: wranglerText(settings) });
  }
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

/** A model inside the function needs native code and more than 128 MB, which Workers have not. */
function runsOnWorkers(mode: Mode): boolean {
  return mode !== "local";
}

function workerEntries(mode: Mode): readonly string[] {
  return runsOnWorkers(mode) ? WORKER_CODE : [];
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
    ...(answers.target === "cloudflare" && {
      scripts: { ...asObject(manifest["scripts"]), bundle: "edge-ai build --target cloudflare" },
    }),
    // Neither the libraries for a GPU, 600 MB, nor a compiler that starts when a binary does not fit.
    ...(packages.has(LLAMA) && { config, overrides, pnpm: { ignoredOptionalDependencies: GPU_PACKAGES } }),
    dependencies: Object.fromEntries(
      Object.entries(asObject(manifest["dependencies"])).filter(([name]) => packages.has(name)),
    ),
    devDependencies: {
      ...asObject(manifest["devDependencies"]),
      "create-edge-ai": answers.selfSpec,
      ...(answers.target === "cloudflare" && { wrangler: WRANGLER_VERSION }),
    },
  }));
}

function vercelJson(template: string, answers: Answers, chosen: readonly RouteName[]): string {
  const place = { mode: answers.mode, modelPath: modelPath(answers) };
  return edit(template, (config) => ({
    ...config,
    ...(answers.regions !== undefined && answers.target !== "cloudflare" && { regions: answers.regions }),
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
      workers: runsOnWorkers(mode),
      cloudflare: answers.target === "cloudflare",
      workersAi: workersAi.models.test(model.id),
    },
    workersAiPattern: workersAi.address.pattern,
    wranglerVersion: WRANGLER_VERSION,
    trial: mode === "local" && hasWeights(model.id),
    vendored: answers.selfSpec.startsWith("file:"),
    run: answers.pm === "npm" ? "npm run" : answers.pm,
  });
}

function edit(json: string, change: (value: Record<string, unknown>) => object): string {
  return `${JSON.stringify(change(asObject(JSON.parse(json))), null, 2)}\n`;
}
