import path from "node:path";
import type { TargetName, Task } from "../config/words.ts";
import type { Model } from "../data/models-schema.ts";
import { models } from "../data/models.ts";
import { workersAiDefaults } from "../data/providers.ts";
import { CliError } from "../errors.ts";
import type { Io } from "../io.ts";
import { formatParams } from "../plan/format.ts";
import { resolveModel } from "../plan/resolve-model.ts";
import { defaultModel, pipelines, taskProfiles } from "../plan/tasks.ts";
import { askChoice, askText, type Choice } from "../prompts.ts";
import { unfitInside } from "../scaffold/local-models.ts";
import { projectName } from "../scaffold/name.ts";
import { parseMilliseconds, parseParams } from "../quantities.ts";
import type { CreateOptions } from "./create.ts";

const taskChoices: readonly Choice<Task>[] = [
  { value: "embeddings", label: "embeddings", hint: "search, similarity, clustering" },
  { value: "classify", label: "classify", hint: "labels, sentiment, routing" },
  { value: "chat", label: "chat", hint: "a language model behind your own limits and fallbacks" },
  { value: "image", label: "image", hint: "pictures from text, made by fal.ai" },
];

const targetChoices: readonly Choice<TargetName>[] = [
  { value: "vercel", label: "Vercel" },
  {
    value: "cloudflare",
    label: "Cloudflare Workers",
    hint: "the model runs elsewhere: an endpoint, a provider, Workers AI",
  },
  { value: "local", label: "this machine" },
];

const CHOICES = 5;

/** The model of an app when none is named. The planner's comes with its weights, which a Worker cannot run, and no endpoint has it. */
export function firstModel({
  task = "embeddings",
  mode,
  target,
}: Pick<CreateOptions, "task" | "mode" | "target">): string {
  return target === "cloudflare" && mode === undefined && task !== "image"
    ? workersAiDefaults[task]
    : defaultModel(task, mode);
}

/** Asks for what the flags left open: folder, task, target, model or its size, latency budget. */
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
  const target =
    options.target ??
    (await askChoice<TargetName>(io, {
      message: "Where will it run?",
      flag: "--target",
      choices: targetChoices,
      initial: "vercel",
    }));
  const { latencyBudgetMs, budgetFor } = taskProfiles[task];
  const model =
    options.model ??
    (options.params === undefined ? await askModel(io, task, firstModel({ ...options, task, target })) : undefined);
  const latencyBudget =
    options.latencyBudget ??
    parseMilliseconds("--latency-budget")(
      await askText(io, {
        message: `Latency budget in ms (${budgetFor === "answer" ? "p95" : "p95 of the first token"})`,
        flag: "--latency-budget",
        initial: String(latencyBudgetMs),
        check: parseMilliseconds("--latency-budget"),
      }),
    );
  return { ...options, model, dir, task, latencyBudget, target };
}

/** A model by its name, or by its size: then one of the catalogue's that are about as large, since an app needs weights. */
async function askModel(io: Io, task: Task, initial: string): Promise<string> {
  const check = (value: string): unknown => (isSize(value) ? parseParams(value) : resolveModel({ model: value, task }));
  const message = `Model, or its size like 30M${initial === "use-lite" ? " (use-lite comes with its weights)" : ""}`;
  const value = await askText(io, { message, flag: "--model", initial, check });
  if (!isSize(value)) return value;
  const [first, ...others] = modelsNear(parseParams(value), task);
  if (first === undefined)
    throw new CliError("UNKNOWN_MODEL", `the catalogue has no model for ${task}`, { hint: "name one with --model" });
  const choices = [first, ...others].map(({ id, params }) => ({
    value: id,
    label: id,
    hint: formatParams(params.total),
  }));
  return askChoice<string>(io, {
    message: `Which one of about ${value}?`,
    flag: "--model",
    choices,
    initial: first.id,
  });
}

function isSize(value: string): boolean {
  return /^[\d.]+[kmbt]?$/i.test(value);
}

/** The catalogue's models for a task, the nearest in size first. */
function modelsNear(params: number, task: Task): Model[] {
  const distance = ({ params: { total } }: Model): number => Math.abs(Math.log(total / params));
  // Chat and images come from an endpoint, which may have any model; the others run in the function.
  const isAble = (model: Model): boolean =>
    pipelines[model.task].tasks.includes(task) &&
    (task === "chat" || task === "image" || unfitInside(task, model) === null);
  const able = models.filter(isAble);
  return able.toSorted((a, b) => distance(a) - distance(b)).slice(0, CHOICES);
}
