import { assumptions } from "../../data/engines.ts";
import type { Fact } from "../../data/fact.ts";
import type { Explained } from "../../explain.ts";
import type { LocalPrediction } from "../local.ts";
import { answerRange, WIDEST } from "../ranges.ts";
import type { Predicted } from "../types.ts";
import { explained, fromAbove, fromFact } from "./entry.ts";

type Name = keyof Predicted["ranges"];

/** Where the ends of the ranges come from: see src/plan/ranges.ts. */
export function explainRanges(local: LocalPrediction): Explained[] {
  const { engine, facts } = local;
  const { range } = facts;
  return [
    ...both(local, "bundleBytes", "bundle", "bytes", engine.bundleRange),
    ...both(local, "memoryBytes", "memory", "bytes", range.memory),
    ...both(local, "coldStartMs", "cold start", "ms", range.coldStart),
    ...both(local, "cpuMs", "processor", "ms", answerRange(facts)),
    ...oneSide(local, "p95Ms", "p95", "ms", answerRange(facts)),
    ...oneSide(local, "firstTokenMs", "first token", "ms", range.prompt),
    ...oneSide(local, "tokensPerSecond", "tokens per second", "tokens/s", range.token ?? range.prompt),
  ];
}

function both(local: LocalPrediction, name: Name, words: string, unit: string, fact: Fact): Explained[] {
  const { ranges, [name]: value } = local;
  const range = ranges[name];
  if (range === undefined || value === null) return [];
  const inputs = [fromAbove(words, value, unit), fromFact("range", "", fact)];
  return [
    explained(`least ${words} (local)`, range[0], unit, `${words} ÷ range`, inputs),
    explained(`most ${words} (local)`, range[1], unit, `${words} × range`, inputs),
  ];
}

/** The other end is the figure itself. */
function oneSide(local: LocalPrediction, name: Name, words: string, unit: string, fact: Fact): Explained[] {
  const { ranges, [name]: value } = local;
  const range = ranges[name];
  if (range === undefined || value === null) return [];
  const inputs = [
    fromAbove(words, value, unit),
    fromFact("safety", "", assumptions.safetyFactor),
    fromFact("range", "", fact),
    { name: "widest", value: WIDEST, unit: "", source: "chosen by edge-ai", checkedAt: null },
  ];
  const [end, sign, word] = range[0] < value ? [range[0], "÷", "least"] : [range[1], "×", "most"];
  return [explained(`${word} ${words} (local)`, end, unit, `${words} ${sign} min(safety × range, widest)`, inputs)];
}
