import { logGamma } from "./beta.ts";

/** How many of n requests were bad. */
export interface Share {
  bad: number;
  n: number;
}

/**
 * One-sided p-value of Fisher's exact test for "the bad share of `now` is larger than that of `baseline`": the chance that, of
 * all the bad ones of both, at least as many as seen fall to `now`. 1 when either has no requests. Whole numbers only.
 */
export function moreBad(baseline: Share, now: Share): number {
  const bad = baseline.bad + now.bad;
  const all = baseline.n + now.n;
  let term = Math.exp(logChoose(now.n, now.bad) + logChoose(baseline.n, baseline.bad) - logChoose(all, bad));
  let sum = 0;
  for (let k = now.bad; k <= Math.min(bad, now.n); k++) {
    sum += term;
    term *= ((now.n - k) * (bad - k)) / ((k + 1) * (baseline.n - bad + k + 1));
  }
  return Math.min(1, sum);
}

function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}
