/** Numbers from 0 (inclusive) to 1, the same for the same seed: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A draw from the lognormal distribution with this median and this σ of the logarithm. */
export function lognormal(random: () => number, median: number, sigma: number): number {
  // Box and Muller; 1 − random() is never 0.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(sigma * normal);
}

/** A draw from the exponential distribution. */
export function exponential(random: () => number, mean: number): number {
  return -mean * Math.log(1 - random());
}
