import { models } from "../data/models.ts";
import { CliError } from "../errors.ts";
import { say, type Io } from "../io.ts";
import type { Bounds } from "../measure-model/bounds.ts";
import { addMeasured } from "../measure-model/lock.ts";
import { measureModel } from "../measure-model/measure.ts";
import type { Subject } from "../measure-model/subject.ts";
import { findModel } from "../plan/find-model.ts";
import { planModel } from "../plan/plan.ts";
import type { Measured, Plan, PlanInput, PlanKnowledge } from "../plan/types.ts";
import { engines, type EngineName } from "../data/engines.ts";
import type { Variant } from "../data/models-schema.ts";

export interface MeasurePlanOptions {
  /** Folder of the project. */
  cwd: string;
  input: PlanInput;
  plan: Plan;
  /** What the plan was made from: the shape of a model that the catalogue does not have. */
  knowledge?: PlanKnowledge;
  /** For a shorter run. */
  bounds?: Partial<Bounds>;
}

/**
 * Runs the planned model in the project's function on this machine, and keeps what was measured in edge-ai.lock.json. A
 * model whose weights are not there is stood in for by random ones of the same shape, which is said.
 * @throws CliError when there is no project, it has no function for such a model, or packages are missing; Interrupted
 */
export async function measurePlan(io: Io, options: MeasurePlanOptions): Promise<Measured> {
  const { cwd, input, plan, knowledge = {}, bounds = {} } = options;
  const subject = subjectOf(inFunction(input, plan, knowledge), input, knowledge);
  const { tokensIn, tokensOut, concurrency } = plan.workload;
  const measured = await measureModel({
    projectDir: cwd,
    subject,
    load: { tokensIn, tokensOut, concurrency },
    bounds,
    signal: io.signal,
    onProgress: (line) => say(io, line),
  });
  await addMeasured(cwd, measured);
  return measured;
}

/** The same model planned to run in the function: only there are weights, and measuring may show that it can. */
function inFunction(input: PlanInput, plan: Plan, knowledge: PlanKnowledge): Plan {
  return plan.model.variant === null ? planModel({ ...input, mode: "local" }, knowledge) : plan;
}

function subjectOf({ model, task }: Plan, { model: asked }: PlanInput, { model: known }: PlanKnowledge): Subject {
  if (model.id === null) {
    throw new CliError("NEEDS_INPUT", "which model should be measured? A size alone is no model", {
      hint: "name it: edge-ai plan smollm2-135m-instruct --measure",
    });
  }
  const { variant } = model;
  if (variant === null || !(variant.engine in engines)) {
    throw new CliError("NO_TEMPLATE", `${model.id} has no weights that a function could run, so none can be measured`, {
      hint: "take a model that has them: edge-ai models list",
    });
  }
  return {
    modelId: model.id,
    names: [...new Set([model.id, ...(asked === undefined ? [] : [asked])])],
    task,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- looked up above
    engine: variant.engine as EngineName,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the planner takes variants from the catalogue's types
    dtype: variant.dtype as Variant["dtype"],
    weightsBytes: variant.bytes,
    params: model.params,
    arch: known?.arch ?? findModel(model.id, models)?.model.arch ?? {},
  };
}
