import { bundleSize, memory, nativeCode, sizeClass, taskOfModel } from "./fit-rules.ts";
import { instances } from "./instances.ts";
import { monthlyCost } from "./monthly-cost.ts";
import type { Rule, Situation } from "./rule.ts";
import { coldStart, duration, latency, startUp, tokenRate } from "./time-rules.ts";
import { provider, thirdParty } from "./third-party.ts";
import type { Answer, Reason } from "./types.ts";

/** In the order they are reported: the table first, then what is hard, then what is predicted. */
const rules: readonly Rule[] = [
  sizeClass,
  taskOfModel,
  thirdParty,
  provider,
  nativeCode,
  bundleSize,
  memory,
  startUp,
  latency,
  tokenRate,
  duration,
  coldStart,
  instances,
  monthlyCost,
];

/** Applies every rule to one mode. */
export function judge(situation: Situation): Reason[] {
  return rules.flatMap((rule) => {
    const reason = rule(situation);
    return reason === null ? [] : [{ mode: situation.mode, ...reason }];
  });
}

/** No if a rule says no, else unknown if one does not know, else yes. */
export function answerOf(reasons: readonly Reason[]): Answer {
  if (reasons.some((reason) => reason.passed === false)) return false;
  return reasons.some((reason) => reason.passed === null) ? null : true;
}

/** The names of the rules that say no. */
export function failedRules(reasons: readonly Reason[]): string[] {
  return reasons.filter((reason) => reason.passed === false).map((reason) => reason.rule);
}
