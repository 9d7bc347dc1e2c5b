/** What a model's name says about its size. A last resort: "TinyStories-3M" has some 10M values. */
export interface NamedSize {
  params: number;
  /** null: the name does not say how many work on each token. */
  activeParams: number | null;
}

const SCALE: Readonly<Record<string, number>> = { m: 1e6, b: 1e9, t: 1e12 };

// Bounded on both sides, so that "v0.3", "0528", "4k", "E2B" and the A3B in "30B-A3B" are not sizes.
const SIZE = /(?<![a-z0-9.])(?:(\d{1,3})x)?(\d{1,4}(?:\.\d{1,3})?)([bmt])(?![a-z0-9]|\.\d)/g;
const ACTIVE = /(?<![a-z0-9.])a(\d{1,4}(?:\.\d{1,3})?)b(?![a-z0-9])/;

/**
 * Reads the size out of a name: "Qwen2.5-0.5B", "SmolLM2-360M", "Mixtral-8x7B", "Qwen3-30B-A3B". Of several the largest
 * counts: in "Qwen2.5-7B-Instruct-1M" the 1M is the context. "8x7B" is read as 56B, the most it can be.
 */
export function sizeInName(name: string): NamedSize | null {
  const lower = name.toLowerCase();
  const sizes = [...lower.matchAll(SIZE)].map((match) => {
    const [, experts, size, unit = "b"] = match;
    const one = Math.round(Number(size) * (SCALE[unit] ?? 1));
    return { params: one * Number(experts ?? 1), mixture: experts !== undefined };
  });
  const largest = sizes.toSorted((a, b) => b.params - a.params)[0];
  if (largest === undefined || largest.params === 0) return null;
  const active = ACTIVE.exec(lower)?.[1];
  if (active !== undefined) return { params: largest.params, activeParams: Math.round(Number(active) * 1e9) };
  return { params: largest.params, activeParams: largest.mixture ? null : largest.params };
}
