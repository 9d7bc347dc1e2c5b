import type { Mode } from "../config/words.ts";
import type { Fact } from "../data/fact.ts";
import type { PlatformFacts } from "../data/platforms.ts";
import type { LocalPrediction } from "./local.ts";
import type { ResolvedModel } from "./resolve-model.ts";
import type { Measured, MonthlyCost, Reason } from "./types.ts";
import type { Machine, Workload } from "./workload.ts";

/** Everything a rule may look at: one model, in one mode, on one platform. */
export interface Situation {
  mode: Mode;
  model: ResolvedModel;
  platform: PlatformFacts;
  machine: Machine;
  workload: Workload;
  /** What the function does by itself; null when an endpoint does the inference. */
  local: LocalPrediction | null;
  /** The measurement that `local` has its figures from. */
  measured: Measured | null;
  /** What a month costs at the asked traffic; null when it cannot be said. */
  monthlyCost: MonthlyCost | null;
}

/** A limit to keep. Returns null where the rule has nothing to say. */
export type Rule = (situation: Situation) => Omit<Reason, "mode"> | null;

/** Where a figure of `local` comes from: the measurement where there is one, else the fact that predicts it. */
export function sourceOfFigure({ measured }: Situation, fact: Omit<Fact, "value">): string {
  return measured === null ? sourceOf(fact) : measuredOn(measured);
}

/** "measured on AMD EPYC, 2 cores, Node 24.21, 2026-11-23", and of a stand-in that it was one. */
export function measuredOn(measured: Measured): string {
  const { standIn, machine } = measured;
  return `measured ${standIn ? "with random weights of the same shape " : ""}on ${machine}, ${dateOf(measured)}`;
}

/** The day, as yyyy-mm-dd. */
function dateOf({ measuredAt }: Measured): string {
  return measuredAt.slice(0, 10);
}

/** Where a number of a reason comes from, in one line. */
export function sourceOf(fact: Omit<Fact, "value">): string {
  return `${fact.source} (${fact.checkedAt})`;
}
