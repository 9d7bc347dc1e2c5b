import fs from "node:fs/promises";
import path from "node:path";
import pkg from "../../package.json" with { type: "json" };
import { readConfig } from "../config/read.ts";
import type { Config } from "../config/schema.ts";
import type { Mode, Task } from "../config/words.ts";
import { models } from "../data/models.ts";
import { CliError } from "../errors.ts";
import { answer, say, type Io } from "../io.ts";
import { defaultModel } from "../plan/tasks.ts";
import { workersRefusal } from "../plan/workers-refusal.ts";
import { planAddition, type Addition } from "../scaffold/add.ts";
import { addable, isOption, modesOf, optionByHand, type Addable } from "../scaffold/parts.ts";
import { readOwnFile, replaceOwnFile } from "../scaffold/replace-file.ts";

export interface AddOptions {
  dir: string;
  mode?: Mode;
  model?: string;
  dryRun?: boolean;
  json?: boolean;
}

/** `edge-ai add <part...>`: functions and options for a project that is there. */
export async function addCommand(io: Io, names: readonly string[], options: AddOptions): Promise<number> {
  const dir = path.resolve(io.cwd, options.dir);
  const parts = names.map(parsePart);
  const config = await readConfig(dir);
  refuseBatch(parts, config);
  refuseWorkers(parts, config);
  const mode = modeFor(parts, config, options.mode);
  const addition = await planAddition({
    config,
    parts,
    mode,
    model: modelFor(parts, config, mode, options.model),
    isModelAsked: options.model !== undefined,
    version: pkg.version,
    read: (file) => readOwnFile(dir, file),
  });
  if (options.dryRun !== true) await writeAll(io, dir, addition.writes);
  for (const file of addition.kept) say(io, `kept ${file}: yours differs from the template`);
  answer(io, options.json === true ? document(addition, parts, options.dryRun === true) : rendered(addition));
  return 0;
}

function parsePart(name: string): Addable {
  const part = addable.find((each) => each === name);
  if (part !== undefined) return part;
  throw new CliError("USAGE", `there is no ${JSON.stringify(name)} to add`, {
    hint: `there are ${addable.join(", ")}`,
  });
}

/** /api/batch sends items to the function of the app's own task. */
function refuseBatch(parts: readonly Addable[], { task }: Config): void {
  if (!parts.includes("batch") || task === "embeddings" || task === "classify") return;
  throw new CliError("NO_TEMPLATE", `there is no batch for ${task}`, {
    hint: "it is for apps made for embeddings or classify",
  });
}

/** Functions that hold their model cannot run on Workers. */
function refuseWorkers(parts: readonly Addable[], { task, mode, model }: Config): void {
  if (!parts.includes("cloudflare") || mode !== "local") return;
  throw workersRefusal({ model: model.id, task }, "NO_TEMPLATE");
}

/** The tasks among the parts: what has a model. */
function tasksOf(parts: readonly Addable[]): Task[] {
  return parts.filter((part): part is Task & Addable => !isOption(part) && Object.hasOwn(modesOf, part));
}

/** Where the model of an added function runs: as asked, else as in the rest of the app, else at a provider. */
function modeFor(parts: readonly Addable[], config: Config, asked: Mode | undefined): Mode {
  const tasks = tasksOf(parts);
  const unable = tasks.find((task) => asked !== undefined && !modesOf[task].includes(asked));
  if (unable !== undefined) {
    throw new CliError("NO_TEMPLATE", `there is no ${unable} in ${asked} mode`, {
      hint: `add it with --mode ${modesOf[unable].join(" or ")}`,
    });
  }
  // An app has one folder of weights, for one task.
  const needsAnother = config.mode === "local" && tasks.some((task) => task !== config.task);
  const mode = asked ?? (needsAnother ? "external" : config.mode);
  if (mode === "local" && tasks.some((task) => task !== config.task)) {
    throw new CliError("NO_TEMPLATE", `the model of this app, ${config.model.id}, is for ${config.task}`, {
      hint: "add it with --mode hybrid or --mode external, or make an app of its own for it",
    });
  }
  return mode;
}

/** The name of the model at its endpoint. */
function modelFor(parts: readonly Addable[], config: Config, mode: Mode, asked: string | undefined): string {
  const [task] = tasksOf(parts);
  const own = task === undefined || task === config.task;
  const id = asked ?? (own ? config.model.id : defaultModel(task, mode));
  return mode === "hybrid" ? (models.find((model) => model.id === id)?.hub ?? id) : id;
}

/** Writes all files, or none: on an error or a signal those that were there are as they were, and the others gone. */
async function writeAll(io: Io, dir: string, writes: ReadonlyMap<string, string>): Promise<void> {
  const before = new Map<string, string | null>();
  try {
    for (const [file, text] of writes) {
      io.signal.throwIfAborted();
      const old = await readOwnFile(dir, file);
      await replaceOwnFile(dir, file, text);
      before.set(file, old);
    }
    io.signal.throwIfAborted();
  } catch (error) {
    for (const [file, text] of before) {
      if (text === null) await fs.rm(path.join(dir, file), { force: true });
      else await replaceOwnFile(dir, file, text);
    }
    throw error;
  }
}

function document(addition: Addition, parts: readonly Addable[], dryRun: boolean): object {
  const { writes, kept, present, packages, options, variables, required } = addition;
  return {
    version: 1,
    ...(dryRun && { dryRun }),
    added: parts.filter((part) => !present.includes(part)),
    present,
    files: [...writes.keys()],
    kept,
    packages,
    variables,
    options,
    required,
    next: nextSteps(addition),
  };
}

function rendered(addition: Addition): string {
  const { writes, present } = addition;
  if (writes.size === 0) return `nothing to do: ${present.join(", ")} is there already`;
  return [
    ...[...writes.keys()].map((file) => `wrote ${file}`),
    ...nextSteps(addition).map((step) => `next: ${step}`),
  ].join("\n");
}

function nextSteps({ packages, options, byHand, variables, required }: Addition): string[] {
  return [
    ...(variables.includes("RATE_LIMIT_PER_MINUTE")
      ? ["set RATE_LIMIT_PER_MINUTE above what a health check sends, or its requests are refused too"]
      : []),
    ...(packages.length > 0 ? ["npm install"] : []),
    ...byHand.map((name) => `it is not on yet; ${optionByHand(name)}`),
    ...(options.length > 0 ? [`know that every function with a model has ${options.join(", ")} before it now`] : []),
    ...(required.length > 0 ? [`set ${required.join(", ")}: .env.example says what they are`] : []),
  ];
}
