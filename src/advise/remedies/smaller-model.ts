import type { Model } from "../../data/models-schema.ts";
import { formatParams } from "../../plan/format.ts";
import type { Plan } from "../../plan/types.ts";
import { bundle, byMonth, byRatio, coldStart, memory, timesOf, unknownEffect } from "../effects.ts";
import { planCommand } from "../plan-command.ts";
import type { Effect, Remedy, Situation } from "../types.ts";

/** The next smaller model of the catalogue for the same task and mode: the largest that fits, else the largest. */
export const smallerModel: Remedy = {
  name: "smaller model",
  helps: ["latency", "first-token", "cold-start", "throughput", "cost", "fit"],
  advise(situation) {
    const { plan } = situation;
    // Smaller than what nobody knows the size of says nothing.
    const found = plan === null || plan.model.confidence === "unpublished" ? null : nextSmaller(situation, plan);
    if (plan === null || found === null) return null;
    const { model, planned: then } = found;
    const isLocal = plan.mode === "local";
    const what = `${model.id} (${formatParams(model.params.total)} instead of ${formatParams(plan.model.params)} parameters)`;
    return {
      text: `a smaller model: ${what}; compare its answers with yours first, then name it ${isLocal ? "as model in edge-ai.json" : "in lib/targets.ts"}`,
      command: isLocal ? `edge-ai models pull ${model.id}` : planCommand(plan, { "--model": model.id }),
      effects: effectsOf(situation, then, model.id),
    };
  },
};

function effectsOf(situation: Situation, then: Plan, change: string): Effect[] {
  const known = [...timesOf(situation), coldStart, bundle, memory].flatMap((each) => {
    const effect = byRatio(situation, each, then, change);
    return effect === null || effect.gain === 0 ? [] : [effect];
  });
  const cost = byMonth(situation, then, change);
  return [
    ...(known.length > 0
      ? known
      : timesOf(situation).map((each) => unknownEffect(each, "the endpoint decides how fast it is"))),
    ...(cost === null ? [] : [cost]),
  ];
}

function nextSmaller({ models, planWith }: Situation, plan: Plan): { model: Model; planned: Plan } | null {
  const smaller = models
    .filter((model) => model.params.total < plan.model.params && model.id !== plan.model.id)
    .toSorted((a, b) => b.params.total - a.params.total);
  const options = smaller.flatMap((model) => {
    const planned = planWith({ model: model.id, params: undefined });
    return planned !== null && canReplace(planned, plan) ? [{ model, planned }] : [];
  });
  return options.find(({ planned }) => planned.fits) ?? options[0] ?? null;
}

const SIZE_HELPS_NOT: ReadonlySet<string> = new Set(["task", "third-party", "provider"]);

/** It does the same in the same place, and is no slower as far as anybody can predict. */
function canReplace(then: Plan, plan: Plan): boolean {
  const isUnable = then.reasons.some(
    ({ rule, passed, mode }) => SIZE_HELPS_NOT.has(rule) && passed === false && mode === plan.mode,
  );
  const [now, other] = [plan.predicted.p95Ms, then.predicted.p95Ms];
  return !isUnable && (now === null || other === null || other < now);
}
