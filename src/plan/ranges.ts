import { assumptions, type DtypeFacts } from "../data/engines.ts";
import type { Fact } from "../data/fact.ts";
import type { LocalPrediction } from "./local.ts";
import type { Predicted } from "./types.ts";

type Ranges = Predicted["ranges"];
type Range = [low: number, high: number];

/** No printed range is wider than that: high ÷ low. */
export const WIDEST = 2.5;

/**
 * Where a measured value is expected in nine of ten cases, around each figure of a prediction. "Nine of ten" is what held for the
 * half of the measured shapes that the costs were not fitted to (`node bench/predictions.ts`), alone on the machine of the fit: the
 * processor of a platform was not measured. No range is wider than 2.5×.
 *
 * Figures without a safety factor have the same factor on both sides. p95 and first token are printed and judged with the safety
 * factor (2): that is the high end of their range, and for tokens a second the low end. The other end is the time without it, with the
 * factor of the fit, at most 1.25. So a range begins where the machine is as quick as the one of the fit and has
 * nothing else to do, and ends where the rules look.
 */
export function rangesOf(prediction: Omit<LocalPrediction, "ranges" | "workings">): Ranges {
  const { engine, facts, p95Ms, firstTokenMs, tokensPerSecond, cpuMs, coldStartMs, memoryBytes, bundleBytes } =
    prediction;
  return {
    bundleBytes: around(bundleBytes, engine.bundleRange),
    memoryBytes: around(memoryBytes, facts.range.memory),
    coldStartMs: around(coldStartMs, facts.range.coldStart),
    ...(cpuMs !== null && { cpuMs: around(cpuMs, answerRange(facts)) }),
    ...(p95Ms !== null && { p95Ms: below(p95Ms, answerRange(facts)) }),
    ...(firstTokenMs !== null && { firstTokenMs: below(firstTokenMs, facts.range.prompt) }),
    ...(tokensPerSecond !== null &&
      tokensPerSecond > 0 && {
        tokensPerSecond: above(tokensPerSecond, facts.range.token ?? facts.range.prompt),
      }),
  };
}

/** The factor for a sum of prompt and tokens: that of the less certain one. */
export function answerRange({ range }: DtypeFacts): Fact {
  return range.token !== undefined && range.token.value > range.prompt.value ? range.token : range.prompt;
}

function around(value: number, { value: factor }: Fact): Range {
  return [value / factor, value * factor];
}

/** From what the same takes without the safety factor, made smaller by the factor of the fit, up to the figure itself. */
function below(judged: number, fact: Fact): Range {
  return [judged / safetyTimes(fact), judged];
}

function above(judged: number, fact: Fact): Range {
  return [judged, judged * safetyTimes(fact)];
}

function safetyTimes({ value }: Fact): number {
  return Math.min(assumptions.safetyFactor.value * value, WIDEST);
}
