import type { Explained } from "../explain.ts";
import { once } from "./explain/entry.ts";
import { explainFigures } from "./explain/figures.ts";
import { explainFunctions } from "./explain/function.ts";
import { explainModel } from "./explain/model.ts";
import { explainNear } from "./explain/near.ts";
import { explainReasons } from "./explain/reasons.ts";
import { explainWorkload } from "./explain/workload.ts";
import { draftPlan } from "./plan.ts";
import type { Plan, PlanInput, PlanKnowledge } from "./types.ts";

/**
 * Every number that a plan prints, as text or JSON: the formula, what went into it, and where that is from. Times are in
 * milliseconds, sizes in bytes, as in the plan.
 * @param input what `plan` was made from; planning is pure, so what is behind it is worked out again
 */
export function explainPlan(plan: Plan, input: PlanInput, knowledge: PlanKnowledge = {}): Explained[] {
  const draft = draftPlan(input, knowledge);
  return once([
    ...explainModel(draft),
    ...explainWorkload(draft, input),
    ...explainFigures(draft, input),
    ...explainFunctions(draft, input),
    ...explainReasons(draft, input),
    ...explainNear(plan, draft),
  ]);
}
