import type { Plan } from "../../plan/types.ts";
import { byMonth, changeText, input, measuredMs, timesOf, unknownEffect, type Planned } from "../effects.ts";
import { planCommand } from "../plan-command.ts";
import type { Effect, Remedy, Situation } from "../types.ts";

/** The model inside the function: no call to anybody, and no tokens to pay for. Only where it fits whole. */
export const localInference: Remedy = {
  name: "local inference",
  helps: ["cost", "latency", "first-token", "errors"],
  advise(situation) {
    const { plan } = situation;
    if (plan === null || plan.mode === "local" || plan.task === "image") return null;
    const found = [undefined, ...candidates(situation)].flatMap((model) => {
      const then = situation.planWith({ mode: "local", ...(model !== undefined && { model, params: undefined }) });
      return then?.fits === true ? [then] : [];
    })[0];
    const id = found?.model.id ?? null;
    if (found === undefined || id === null) return null;
    const same = id === plan.model.id;
    return {
      text: `local inference: ${id} runs inside the function, without the endpoint${same ? "" : "; it is another model: compare its answers with yours first"}`,
      command: planCommand(plan, { "--model": id, "--mode": "local" }),
      effects: effectsOf(situation, found),
    };
  },
};

/** Models of the catalogue under a billion parameters, the largest first. */
function candidates({ models }: Situation): string[] {
  return models
    .filter(({ params }) => params.total < 1e9)
    .toSorted((a, b) => b.params.total - a.params.total)
    .map(({ id }) => id);
}

function effectsOf(situation: Situation, then: Plan): Effect[] {
  const times = timesOf(situation).map((timed) => timeEffect(situation, timed, then));
  const cost = byMonth(situation, then, "local inference");
  return cost === null ? times : [...times, cost];
}

/** What was measured of the endpoint against what is predicted of the function. */
function timeEffect(situation: Situation, timed: Planned, then: Plan): Effect {
  const before = measuredMs(situation, timed);
  const after = then.predicted[timed.key];
  if (before === null || after === null) {
    const why = after === null ? "no formula fits the model" : "the endpoint has not been measured";
    return unknownEffect(timed, why);
  }
  return {
    on: timed.on,
    topic: timed.topic,
    kind: "predicted",
    before,
    after,
    unit: "ms",
    gain: 1 - after / before,
    text: changeText(timed.on, before, after, "ms", "measured against predicted"),
    explained: [
      {
        what: `${timed.on} inside the function`,
        value: after,
        unit: "ms",
        formula: `as edge-ai plan --mode local --explain derives it for ${then.model.id ?? "the model"}`,
        inputs: [input(`measured ${timed.on}`, before, "ms", "the health check")],
      },
    ],
  };
}
