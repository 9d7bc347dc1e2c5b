import type { TargetName, Task } from "../config/words.ts";
import type { Io } from "../io.ts";
import { askChoice, askText, type Choice } from "../prompts.ts";
import { projectName } from "../scaffold/name.ts";
import { parseMilliseconds, parseParams } from "../quantities.ts";
import { resolveModel } from "../plan/resolve-model.ts";
import path from "node:path";
import type { CreateOptions } from "./create.ts";

const taskChoices: readonly Choice<Task>[] = [
  { value: "embeddings", label: "embeddings", hint: "search, similarity, clustering" },
  { value: "classify", label: "classify", hint: "no template yet", disabled: true },
  { value: "chat", label: "chat", hint: "no template yet", disabled: true },
  { value: "image", label: "image", hint: "no template yet", disabled: true },
];

const targetChoices: readonly Choice<TargetName>[] = [
  { value: "vercel", label: "Vercel" },
  { value: "local", label: "this machine" },
];

const DEFAULT_BUDGET = "300";

/** Asks for what the flags left open: folder, task, model or its size, latency budget, target. */
export async function askMissing(io: Io, options: CreateOptions): Promise<CreateOptions> {
  const dir =
    options.dir ??
    (await askText(io, {
      message: "Folder of the new project",
      flag: "a folder as argument",
      initial: "my-edge-ai-app",
      check: (value) => projectName(path.basename(path.resolve(io.cwd, value))),
    }));
  const task =
    options.task ??
    (await askChoice<Task>(io, {
      message: "What is it for?",
      flag: "--task",
      choices: taskChoices,
      initial: "embeddings",
    }));
  const model = options.model === undefined && options.params === undefined ? await askModel(io, task) : {};
  const latencyBudget =
    options.latencyBudget ??
    parseMilliseconds("--latency-budget")(
      await askText(io, {
        message: "Latency budget in ms (p95)",
        flag: "--latency-budget",
        initial: DEFAULT_BUDGET,
        check: parseMilliseconds("--latency-budget"),
      }),
    );
  const target =
    options.target ??
    (await askChoice<TargetName>(io, {
      message: "Where will it run?",
      flag: "--target",
      choices: targetChoices,
      initial: "vercel",
    }));
  return { ...options, ...model, dir, task, latencyBudget, target };
}

/** "0.5B" is a size, anything else a model. */
async function askModel(io: Io, task: Task): Promise<{ model: string } | { params: number }> {
  const check = (value: string): unknown => (isSize(value) ? parseParams(value) : resolveModel({ model: value, task }));
  const value = await askText(io, {
    message: "Model, or its size like 30M",
    flag: "--model or --params",
    initial: "use-lite",
    check,
  });
  return isSize(value) ? { params: parseParams(value) } : { model: value };
}

function isSize(value: string): boolean {
  return /^[\d.]+[kmbt]?$/i.test(value);
}
