import fs from "node:fs/promises";
import type { Config } from "../config/schema.ts";
import { modes, tasks, type Mode } from "../config/words.ts";
import { CliError } from "../errors.ts";
import { asksModels, otherTargets, refuseMixedModels, routesThatAsk } from "./add-targets.ts";
import { addWorkers, needsWorkerCode } from "./add-workers.ts";
import { envLines } from "./app-env.ts";
import { changeJson } from "./change-json.ts";
import { templateClosure } from "./closure.ts";
import { codeEntries, OPTIONS_FILE, PANES_FILE, TARGETS_FILE, targetsText } from "./files.ts";
import { asObject, mergeDependencies, mergeProbes, mergeVercelJson } from "./merge-json.ts";
import {
  firstOptions,
  isOption,
  needsOf,
  optionsFile,
  optionsIn,
  panesFile,
  routes,
  type Addable,
  type OptionName,
  type RouteName,
} from "./parts.ts";
import { templateFiles } from "./template.ts";
import { WRANGLER_FILE } from "./wrangler-json.ts";

/** What is to be added to which project. */
export interface AdditionJob {
  config: Config;
  parts: readonly Addable[];
  /** Where the models of the added functions run. */
  mode: Mode;
  /** Name of the model at its endpoint, and whether it was asked for by that name. */
  model: string;
  isModelAsked: boolean;
  version: string;
  /** The text of a file of the project; null when there is none. */
  read: (file: string) => Promise<string | null>;
}

/** What adding comes to. Nothing is written yet. */
export interface Addition {
  /** Path → the whole new text. */
  writes: Map<string, string>;
  /** Files that a part needs and the project has already: they are the user's, and stay. */
  kept: string[];
  /** Parts that the project has already. */
  present: Addable[];
  /** Options whose files are there now, and that have to be put into a list that somebody has written by hand. */
  byHand: OptionName[];
  /** Options that are on now and were not: they hold for every function with a model. */
  options: OptionName[];
  /** npm packages that are new. */
  packages: string[];
  /** Variables of the environment that are new. */
  variables: string[];
  /** Those of them that have to be set. */
  required: string[];
}

/** Files that a function shares with others: whoever has changed one has a reason. */
const SHARED = /^(?:lib|test)\//;

/**
 * Works out what has to change in a project so that it has these functions and options.
 * @throws CliError TARGET_EXISTS when a function's own file is another one, BAD_CONFIG when a JSON file or lib/options.ts cannot be added to
 */
export async function planAddition(job: AdditionJob): Promise<Addition> {
  const before = await job.read(OPTIONS_FILE);
  const present = await presentParts(job, before);
  const wanted = job.parts.filter((part) => !present.includes(part));
  const addition: Addition = {
    writes: new Map(),
    kept: [],
    present,
    packages: [],
    options: [],
    byHand: [],
    variables: [],
    required: [],
  };
  if (wanted.length === 0) {
    await addWorkers(addition, job, wanted);
    return addition;
  }
  const chosen = routesOf(wanted);
  const options = optionsAfter(job, wanted, before);
  const askedBefore = await routesThatAsk(job.read);
  refuseMixedModels(chosen, askedBefore);
  // In an app of both kinds, what options need has to know the targets.
  const mode = job.mode === "local" && askedBefore.length > 0 ? "external" : job.mode;
  const template = await templateFiles("app");
  const workerCode = await needsWorkerCode(job, wanted);
  const closure = await templateClosure([...codeEntries(chosen, options), ...workerCode], mode);
  for (const [file, source] of closure.files) {
    const targets = askedBefore.length === 0 && asksModels(chosen) ? "write" : "keep";
    await addCode(addition, job, { file, source, options, before, targets, variants: variantsOf(file, template) });
  }
  const templateText = async (file: string): Promise<string> => fs.readFile(template.get(file) ?? "", "utf8");
  await changeJson(addition, job, "package.json", async (manifest) => {
    const { merged, added } = mergeDependencies(
      manifest,
      asObject(JSON.parse(await templateText("package.json"))),
      closure.packages,
    );
    addition.packages.push(...added);
    return merged;
  });
  await changeJson(addition, job, "vercel.json", (config) =>
    mergeVercelJson(config, chosen, { mode: job.mode, modelPath: job.config.model.path ?? "models" }),
  );
  await addPanes(addition, job, chosen);
  await changeJson(addition, job, "edge-ai.json", (config) => mergeProbes(config, chosen, options));
  const example = (await job.read(".env.example")) ?? "";
  const { text, added, required } = envLines(example, [...closure.variables], {
    mode: job.mode,
    needs: needsOf(chosen, options, job.model),
    model: job.model,
  });
  const fresh = options.filter((name) => !optionsIn(before ?? "").includes(name));
  addition.options.push(...fresh.filter((name) => !addition.byHand.includes(name)));
  addition.variables.push(...added);
  addition.required.push(...required);
  if (added.length > 0) addition.writes.set(".env.example", text);
  await addWorkers(addition, job, wanted);
  return addition;
}

/** The functions that parts bring. */
function routesOf(parts: readonly Addable[]): RouteName[] {
  return parts.flatMap((part): RouteName[] => {
    if (isOption(part) || part === "cloudflare") return [];
    return part === "image" ? ["image", "image-webhook"] : [part];
  });
}

async function presentParts({ parts, read }: AdditionJob, optionsText: string | null): Promise<Addable[]> {
  const on = optionsIn(optionsText ?? "");
  const present: Addable[] = [];
  for (const part of parts) {
    const file = part === "cloudflare" ? WRANGLER_FILE : isOption(part) ? null : routes[part].file;
    const isThere = file === null ? on.some((name) => name === part) : (await read(file)) !== null;
    if (isThere) present.push(part);
  }
  return present;
}

/** The options that are on afterwards. The first function that costs money brings those that a new app has. */
function optionsAfter({ mode, config }: AdditionJob, wanted: readonly Addable[], text: string | null): OptionName[] {
  const asked = wanted.filter((part) => isOption(part));
  const becomesPaid = config.mode === "local" && mode !== "local" && asked.length < wanted.length;
  return [...new Set([...optionsIn(text ?? ""), ...(becomesPaid ? firstOptions(mode) : []), ...asked])];
}

interface CodeFile {
  file: string;
  source: string;
  options: readonly OptionName[];
  /** lib/options.ts as it is. */
  before: string | null;
  /** Is lib/targets.ts ours to write, because no function asks its targets yet? */
  targets: "write" | "keep";
  /** The template's files that may stand in this place, by mode. */
  variants: readonly string[];
}

async function addCode(addition: Addition, job: AdditionJob, code: CodeFile): Promise<void> {
  const { file, source, options, before, targets, variants } = code;
  const existing = await job.read(file);
  if (file === OPTIONS_FILE) {
    const text = optionsFile(job.version, options);
    if (before !== null && sameOptions(optionsIn(before), options)) return;
    if (before === null || isOurs(before)) addition.writes.set(file, text);
    else {
      addition.kept.push(file);
      addition.byHand.push(...options.filter((name) => !optionsIn(before).includes(name)));
    }
    return;
  }
  const text = await fs.readFile(source, "utf8");
  const wanted = file === TARGETS_FILE ? targetsText(text, job.model) : text;
  if (existing === wanted) return;
  if (existing === null || (await isUntouched(existing, variants, file === TARGETS_FILE ? targets : "write"))) {
    addition.writes.set(file, wanted);
  } else if (file === TARGETS_FILE && targets === "keep") {
    if (job.isModelAsked && !existing.includes(JSON.stringify(job.model))) throw otherTargets(job.model);
  } else if (SHARED.test(file)) addition.kept.push(file);
  else {
    throw new CliError("TARGET_EXISTS", `${file} is there already, and is another one`, {
      hint: `move ${file} away first`,
    });
  }
}

/** True for a file as the tool wrote it, in this mode or another, whatever model it names. */
async function isUntouched(existing: string, variants: readonly string[], may: "write" | "keep"): Promise<boolean> {
  if (may === "keep") return false;
  const texts = await Promise.all(variants.map((variant) => fs.readFile(variant, "utf8")));
  return texts.some((text) => withoutNames(text) === withoutNames(existing));
}

/** Code without the names of models and providers, which the tool fills in. */
function withoutNames(text: string): string {
  return text.replaceAll(/(\|\| |PROVIDER = )"[^"]*"/g, "$1").replace(/^\/\/ create-edge-ai.*/, "");
}

/** The template's files for a path of the app: x.ts, x.local.ts, … */
function variantsOf(file: string, template: ReadonlyMap<string, string>): string[] {
  const names = [file, ...modes.map((mode) => file.replace(/\.ts$/, `.${mode}.ts`))];
  return names.flatMap((name) => template.get(name) ?? []);
}

function sameOptions(a: readonly OptionName[], b: readonly OptionName[]): boolean {
  return a.length === b.length && b.every((name) => a.includes(name));
}

/** The page offers what can be asked, as long as its list is the tool's. */
async function addPanes(addition: Addition, { read }: AdditionJob, chosen: readonly RouteName[]): Promise<void> {
  const before = await read(PANES_FILE);
  const added = tasks.filter((task) => chosen.includes(task));
  if (before === null || added.length === 0) return;
  const shown = tasks.filter((task) => before.includes(`"./panes/${task}.js"`));
  if (bodyOf(before) === bodyOf(panesFile(shown))) addition.writes.set(PANES_FILE, panesFile([...shown, ...added]));
  else addition.kept.push(PANES_FILE);
}

/** True for a list of options that the tool wrote: then it may write it again. */
function isOurs(text: string): boolean {
  return bodyOf(text) === bodyOf(optionsFile("", optionsIn(text)));
}

/** Without the line that names a version, and however it is formatted. */
function bodyOf(text: string): string {
  const lines = text.replace(/^\/\/ create-edge-ai.*/, "").replaceAll(/\s+/g, " ");
  return lines
    .replaceAll(/,? ?\]/g, "]")
    .replaceAll("[ ", "[")
    .trim();
}
