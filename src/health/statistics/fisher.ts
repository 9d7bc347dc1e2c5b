/** How many of n requests were bad. */
export interface Share {
  bad: number;
  n: number;
}

/**
 * One-sided p-value of Fisher's exact test for "the bad share of `now` is larger than that of `baseline`": the chance that, of
 * all the bad ones of both, at least as many as seen fall to `now`. 1 when either has no requests. Whole numbers only. Not the
 * chance that it got better when it is large: 1 says no more than "not worse".
 */
export function moreBad(baseline: Share, now: Share): number {
  const bad = baseline.bad + now.bad;
  const fewest = Math.max(0, bad - baseline.n);
  const most = Math.min(bad, now.n);
  /** The chance of k + 1 bad ones in `now` over that of k. */
  const growth = (k: number): number => ((now.n - k) * (bad - k)) / ((k + 1) * (baseline.n - bad + k + 1));
  // Chances as multiples of the largest: from an end of the row the first may be 0, and all that follow with it.
  const mode = Math.floor(((now.n + 1) * (bad + 1)) / (now.n + baseline.n + 2));
  let [all, tail] = [0, 0];
  const add = (k: number, chance: number): void => {
    all += chance;
    if (k >= now.bad) tail += chance;
  };
  for (let k = mode, chance = 1; k <= most; chance *= growth(k), k++) add(k, chance);
  for (let k = mode - 1, chance = 1; k >= fewest; k--) add(k, (chance /= growth(k)));
  return tail / all;
}
