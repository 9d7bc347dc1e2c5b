import { renderExplained } from "../explain.ts";
import { answer, type Io } from "../io.ts";
import { explainPlan } from "../plan/explain.ts";
import { planModel } from "../plan/plan.ts";
import { renderPlan } from "../plan/render.ts";
import type { Plan, PlanInput, PlanKnowledge } from "../plan/types.ts";
import { planInput, type WorkloadOptions } from "./plan-input.ts";

export interface PlanOptions extends WorkloadOptions {
  measure?: boolean | undefined;
}

/** Says where a model should run, and why. @returns 0 when it fits, 1 when nothing does */
export async function planCommand(io: Io, options: PlanOptions): Promise<number> {
  const { input, knowledge } = await planInput(io, options);
  const checked = options.measure === true ? await measured(io, input, knowledge) : null;
  const known = checked === null ? knowledge : checked.knowledge;
  const plan = planModel(input, known);
  const explained =
    options.explain === true ? [...explainPlan(plan, input, known), ...(checked?.explained ?? [])] : null;
  const document = {
    ...plan,
    ...(checked !== null && { predictedAgainstMeasured: checked.compared }),
    ...(explained !== null && { explained }),
  };
  const parts = [
    renderPlan(plan),
    ...(checked === null ? [] : [checked.text]),
    ...(explained === null ? [] : [renderExplained(explained)]),
  ];
  answer(io, options.json === true ? document : parts.join("\n\n"));
  return plan.fits ? 0 : 1;
}

/** Runs the model on this machine, and puts what was measured beside what was predicted without it. */
async function measured(io: Io, input: PlanInput, knowledge: PlanKnowledge) {
  const { measurePlan } = await import("./plan-measure.ts");
  const { predictedAgainstMeasured, predictedInFunction } = await import("../measure-model/compare.ts");
  const { explainMeasured, renderMeasured } = await import("./render-measured.ts");
  const blind: PlanKnowledge = { ...knowledge, measured: [] };
  const plan: Plan = planModel(input, blind);
  const one = await measurePlan(io, { cwd: io.cwd, input, plan, knowledge: blind });
  const predicted = predictedInFunction(plan);
  const compared = predicted === null ? [] : predictedAgainstMeasured(predicted, one);
  return {
    knowledge: { ...knowledge, measured: [one, ...(knowledge.measured ?? [])] },
    compared,
    text: renderMeasured(compared, one),
    explained: explainMeasured(compared, one),
  };
}
