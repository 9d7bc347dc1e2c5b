import type { Fact } from "../../data/fact.ts";
import type { Explained, ExplainedInput } from "../../explain.ts";

/** The pieces that explanations are put together from. */

/**
 * A printed number with its formula. The names in the formula are those of the inputs, and with ×, ÷, +, −, max, min,
 * ceil and round it can be computed from them; a test does.
 */
export function explained(
  what: string,
  value: number,
  unit: string,
  formula: string,
  inputs: readonly ExplainedInput[],
): Explained {
  return { what, value, unit, formula, inputs: [...inputs] };
}

/** A number that is what it is: it comes from one place. @param how that it is "given", or "measured" */
export function given(
  what: string,
  value: number,
  unit: string,
  source: string,
  checkedAt: string | null,
  how = "given",
): Explained {
  return explained(what, value, unit, how, [{ name: how, value, unit, source, checkedAt }]);
}

export function fromFact(name: string, unit: string, { value, source, checkedAt }: Fact): ExplainedInput {
  return { name, value, unit, source, checkedAt };
}

/** A number that has its own explanation in the same list. */
export function fromAbove(name: string, value: number, unit: string): ExplainedInput {
  return { name, value, unit, source: "above", checkedAt: null };
}

/** What a flag said, or the default that took its place. */
export function asked(name: string, { value, given: said, unit, flag, otherwise }: Asked): ExplainedInput {
  const source = said === undefined ? `default: ${otherwise}` : `asked for: ${flag}`;
  return { name, value, unit, source, checkedAt: null };
}

export interface Asked {
  value: number;
  /** What the input said; undefined: nothing. */
  given: unknown;
  unit: string;
  flag: string;
  /** Why the default is what it is. */
  otherwise: string;
}

/** Every explanation once: the first of those that say the same of the same number. */
export function once(all: readonly Explained[]): Explained[] {
  const seen = new Set<string>();
  return all.filter(({ what, value, unit }) => {
    const key = `${what}|${value}|${unit}`;
    return !seen.has(key) && seen.add(key);
  });
}
