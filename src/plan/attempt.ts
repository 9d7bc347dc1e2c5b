import type { Mode } from "../config/words.ts";
import type { Plan, PlanInput, Reason } from "./types.ts";

/** A plan that is not what was hoped for, and the means to try others. */
export interface Attempt {
  plan: Plan;
  input: PlanInput;
  /** Plans something else. @param ignored see draftPlan */
  again: (input: PlanInput, ignored?: { files?: boolean }) => Plan;
  /** The mode to get to; null: whatever fits. */
  wanted: Mode | null;
}

/** True when another plan is what was hoped for. */
export function does(other: Plan, wanted: Mode | null): boolean {
  return other.fits && (wanted === null || other.mode === wanted);
}

/** What stands in the way: the rules that say no to the mode that is wanted. */
export function obstacles({ plan, wanted }: Attempt): Reason[] {
  const mode = wanted ?? plan.mode;
  return plan.reasons.filter((reason) => reason.passed === false && reason.mode === mode);
}
