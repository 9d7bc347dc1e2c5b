import type { Mode } from "../config/words.ts";
import type { Fact } from "../data/fact.ts";
import type { PlatformFacts } from "../data/platforms.ts";
import type { LocalPrediction } from "./local.ts";
import type { ResolvedModel } from "./resolve-model.ts";
import type { Reason } from "./types.ts";
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
}

/** A limit to keep. Returns null where the rule has nothing to say. */
export type Rule = (situation: Situation) => Omit<Reason, "mode"> | null;

/** Where a number of a reason comes from, in one line. */
export function sourceOf(fact: Omit<Fact, "value">): string {
  return `${fact.source} (${fact.checkedAt})`;
}
