import path from "node:path";
import type { Mode, TargetName, Task } from "../config/words.ts";
import { CliError } from "../errors.ts";
import { exists } from "../exists.ts";
import { say, type Io } from "../io.ts";
import { describeModel } from "../models/describe.ts";
import { resolveModel } from "../plan/resolve-model.ts";
import type { KnownModel, Measured, PlanInput, PlanKnowledge } from "../plan/types.ts";

/** The flags of `withWorkload`: what plan, cost and compare are asked. */
export interface WorkloadOptions {
  /** The argument; the same as `model`. */
  name?: string | undefined;
  model?: string | undefined;
  params?: number | undefined;
  task?: Task | undefined;
  latencyBudget?: number | undefined;
  mode?: Mode | undefined;
  target?: TargetName | undefined;
  regions?: string[] | undefined;
  concurrency?: number | undefined;
  rps?: number | undefined;
  monthlyRequests?: number | undefined;
  tokensIn?: number | undefined;
  tokensOut?: number | undefined;
  /** False after --no-stream. */
  stream?: boolean | undefined;
  /** False after --no-third-party. */
  thirdParty?: boolean | undefined;
  memory?: number | undefined;
  vcpus?: number | undefined;
  coldStartBudget?: number | undefined;
  /** USD a month. */
  budget?: number | undefined;
  offline?: boolean | undefined;
  explain?: boolean | undefined;
  json?: boolean | undefined;
}

/** Of the project in the current folder. */
const CONFIG_FILE = "edge-ai.json";
const LOCK_FILE = "edge-ai.lock.json";

/**
 * What to plan, from flags and, where no model is named, from the project in the current folder; with what else is known
 * of it. Flags win over the project.
 * @throws CliError USAGE for two models, BAD_CONFIG for a broken edge-ai.json
 */
export async function planInput(
  io: Io,
  options: WorkloadOptions,
): Promise<{ input: PlanInput; knowledge: PlanKnowledge }> {
  const input = await withProject(io, inputOf(options));
  const measured = await measuredIn(io.cwd);
  const model = await described(io, input, options);
  const knowledge: PlanKnowledge = { ...(measured.length > 0 && { measured }), ...(model !== null && { model }) };
  return { input, knowledge: { ...knowledge, ...(await pricesFor(input, knowledge)) } };
}

/** The flags as what a plan is made from. @throws CliError USAGE for two models */
export function inputOf(options: WorkloadOptions): PlanInput {
  return {
    model: modelOf(options),
    params: options.params,
    task: options.task,
    latencyBudgetMs: options.latencyBudget,
    coldStartBudgetMs: options.coldStartBudget,
    mode: options.mode,
    target: options.target,
    regions: options.regions,
    concurrency: options.concurrency,
    requestsPerSecond: options.rps,
    requestsPerMonth: options.monthlyRequests,
    streaming: options.stream,
    thirdParty: options.thirdParty,
    monthlyBudgetUsd: options.budget,
    tokensIn: options.tokensIn,
    tokensOut: options.tokensOut,
    memoryMb: options.memory,
    vcpus: options.vcpus,
  };
}

function modelOf({ name, model }: WorkloadOptions): string | undefined {
  if (name !== undefined && model !== undefined && name !== model) {
    throw new CliError("USAGE", `two models: ${JSON.stringify(name)} and --model ${JSON.stringify(model)}`, {
      hint: "give the model once",
    });
  }
  return model ?? name;
}

/** A project answers what nobody asked for; another task than the project's is another app. */
async function withProject(io: Io, input: PlanInput): Promise<PlanInput> {
  if (input.model !== undefined || input.params !== undefined) return input;
  if (!(await exists(path.join(io.cwd, CONFIG_FILE)))) return input;
  // Reading it needs zod, whose import costs more than planning.
  const { readConfig } = await import("../config/read.ts");
  const { task, mode, target, model, latencyBudgetMs } = await readConfig(io.cwd);
  if (input.task !== undefined && input.task !== task) return input;
  const project = { model: model.id, task, mode, target, latencyBudgetMs };
  say(io, `no model named: planned as ${CONFIG_FILE} says (${model.id}, ${task}, ${mode})`);
  return { ...input, ...project, ...given(input) };
}

async function described(io: Io, { model }: PlanInput, { offline }: WorkloadOptions): Promise<KnownModel | null> {
  if (model === undefined || model.trim() === "") return null;
  return describeModel(model, {
    cwd: io.cwd,
    env: io.env,
    offline,
    warn: (warning) => say(io, warning),
    signal: io.signal,
  });
}

/** Reading it needs zod, so it is loaded when there is something to read. */
async function measuredIn(projectDir: string): Promise<Measured[]> {
  if (!(await exists(path.join(projectDir, LOCK_FILE)))) return [];
  const { readMeasured } = await import("../measure-model/lock.ts");
  return readMeasured(projectDir);
}

/** Prices are a megabyte of code, so they are loaded when a month of traffic is asked about. */
async function pricesFor(input: PlanInput, { model }: PlanKnowledge): Promise<Pick<PlanKnowledge, "monthlyCost">> {
  if (input.requestsPerMonth === undefined) return {};
  const [{ monthlyCost }, { loadPrices }] = await Promise.all([
    import("../cost/monthly.ts"),
    import("../data/token-prices.ts"),
  ]);
  await loadPrices();
  const { id, params, activeParams } = resolveModel(input, model);
  const { thirdParty } = input;
  return {
    // Models that are tried besides have their sizes in the catalogue.
    monthlyCost: (option) =>
      monthlyCost(option, { thirdParty, ...(option.modelId === id && { model: { params, activeParams } }) }),
  };
}

function given(input: PlanInput): PlanInput {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}
