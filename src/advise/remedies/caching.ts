import { formatMs } from "../../plan/format.ts";
import { changeText, input, measuredMs, p95, unknownEffect } from "../effects.ts";
import type { Effect, Remedy, Situation } from "../types.ts";

/** Nobody knows yours before it is measured; x-ai-cache of the answers tells it. Chosen by edge-ai, as an example. */
const HIT_RATE = 0.3;

/** Answers what was answered before. */
export const caching: Remedy = {
  name: "caching",
  helps: ["cost", "latency", "throughput"],
  advise(situation) {
    const { parts } = situation;
    if (parts?.options.includes("cache") === true) return null;
    return {
      text: `caching: answers a question that was answered before, and asks once when several ask the same; assumed here: ${HIT_RATE * 100} % of the requests repeat one`,
      command: "edge-ai add cache",
      effects: [costEffect(situation), p95Effect(situation)],
    };
  },
};

/** A hit costs no call of the model. What a platform charges by the month is no less for it. */
function costEffect({ measured }: Situation): Effect {
  const before = measured?.cost?.meanUsd ?? null;
  const rate = input("hit rate", HIT_RATE, "", "assumed by edge-ai: yours is in x-ai-cache of the answers");
  if (before === null) {
    const on = "cost of inference";
    return {
      ...unknownEffect({ topic: "cost", on }, "no price is known", "USD"),
      kind: "assumed",
      gain: HIT_RATE,
      text: `${on}: × (1 - hit rate), -${HIT_RATE * 100} % (assumed)`,
      explained: [
        {
          what: "share of the cost that is left",
          value: 1 - HIT_RATE,
          unit: "",
          formula: "1 - hit rate",
          inputs: [rate],
        },
      ],
    };
  }
  const on = "cost per request";
  const after = before * (1 - HIT_RATE);
  const cost = input(on, before, "USD", "the health check");
  return {
    on,
    topic: "cost",
    kind: "assumed",
    before,
    after,
    unit: "USD",
    gain: HIT_RATE,
    text: changeText(on, before, after, "USD", "assumed"),
    explained: [
      { what: `${on} with a cache`, value: after, unit: "USD", formula: "cost × (1 - hit rate)", inputs: [cost, rate] },
    ],
  };
}

/**
 * With a share h of hits, the slowest 5 % of all are the slowest 5 % / (1 - h) of those that go on: p95 becomes the
 * 1 - 0.05 / (1 - h) quantile of them. That quantile lies between p50 and p95 of today.
 */
function p95Effect(situation: Situation): Effect {
  const quantile = 1 - 0.05 / (1 - HIT_RATE);
  const after = `the ${Number((quantile * 100).toFixed(1))} % quantile of today`;
  const before = measuredMs(situation, p95);
  const p50 = situation.measured?.latencyMs.p50 ?? null;
  if (before === null || p50 === null) return unknownEffect(p95, `it becomes ${after}`);
  return {
    on: p95.on,
    topic: p95.topic,
    kind: "bound",
    before,
    after: p50,
    unit: "ms",
    gain: Math.max(0, 1 - p50 / before),
    text: `p95: becomes ${after}, so between ${formatMs(p50)} and ${formatMs(before)}`,
    explained: [
      {
        what: "quantile of today that p95 becomes",
        value: Number(quantile.toFixed(4)),
        unit: "",
        formula: "1 - 0.05 / (1 - hit rate)",
        inputs: [input("hit rate", HIT_RATE, "", "assumed by edge-ai: yours is in x-ai-cache of the answers")],
      },
    ],
  };
}
