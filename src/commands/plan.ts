import type { Mode, TargetName, Task } from "../config/words.ts";
import { CliError } from "../errors.ts";
import { answer, type Io } from "../io.ts";
import { planModel } from "../plan/plan.ts";
import { renderPlan } from "../plan/render.ts";
import type { PlanInput } from "../plan/types.ts";

export interface PlanOptions {
  /** The argument; the same as `model`. */
  name?: string | undefined;
  model?: string;
  params?: number;
  task?: Task;
  latencyBudget?: number;
  mode?: Mode;
  target?: TargetName;
  regions?: string[];
  concurrency?: number;
  rps?: number;
  tokensIn?: number;
  tokensOut?: number;
  memory?: number;
  vcpus?: number;
  coldStartBudget?: number;
  json?: boolean;
}

/** Says where a model should run, and why. @returns 0 when it fits, 1 when nothing does */
export async function planCommand(io: Io, options: PlanOptions): Promise<number> {
  const plan = planModel(inputOf(options));
  answer(io, options.json === true ? plan : renderPlan(plan));
  return plan.fits ? 0 : 1;
}

function inputOf(options: PlanOptions): PlanInput {
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
    tokensIn: options.tokensIn,
    tokensOut: options.tokensOut,
    memoryMb: options.memory,
    vcpus: options.vcpus,
  };
}

function modelOf({ name, model }: PlanOptions): string | undefined {
  if (name !== undefined && model !== undefined && name !== model) {
    throw new CliError("USAGE", `two models: ${JSON.stringify(name)} and --model ${JSON.stringify(model)}`, {
      hint: "give the model once",
    });
  }
  return model ?? name;
}
