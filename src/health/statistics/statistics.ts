/**
 * Exact statistics of a gate, from raw samples and without assuming a distribution. A claim like "p95 < 300 ms" is a claim
 * about a share: fewer than 5 % of the requests take 300 ms or longer. So its interval is that of a share, judged by the
 * binomial distribution (Clopper and Pearson, Biometrika 26, 1934). Verdicts are made in sequential.ts.
 */
import { betaAtMost, bisect, tQuantile } from "./beta.ts";

/** A two-sided 95 % interval misses the truth on either side with this chance. */
const TAIL = 0.025;

export type Verdict = "pass" | "fail" | "inconclusive";
/** Two-sided 95 % interval: holds the true value with 95 % confidence; null where the samples give no bound. */
export type Interval = [lo: number | null, hi: number | null];

/**
 * P(X ≤ m) for X ~ Bin(n, p). Exact for whole numbers; in between it is the incomplete beta function that goes through
 * them, for counts that were divided by a burst length.
 */
export function binomialAtMost(m: number, n: number, p: number): number {
  if (m < 0) return 0;
  return m >= n ? 1 : betaAtMost(1 - p, n - m, m + 1);
}

/** P(X ≥ m) for X ~ Bin(n, p), with the same extension. */
export function binomialAtLeast(m: number, n: number, p: number): number {
  if (m <= 0) return 1;
  return m > n ? 0 : betaAtMost(p, m, n - m + 1);
}

/**
 * The two-sided 95 % Clopper–Pearson interval of a share, as a fraction; nulls without requests.
 * @param burst how many bad requests come together (see burstLength): judged as bad / burst of n / burst requests
 */
export function shareInterval(bad: number, n: number, burst = 1): Interval {
  if (n === 0) return [null, null];
  const lo = bad === 0 ? 0 : bisect((p) => binomialAtLeast(bad / burst, n / burst, p) > TAIL);
  const hi = bad === n ? 1 : bisect((p) => binomialAtMost(bad / burst, n / burst, p) <= TAIL);
  return [lo, hi];
}

/** The quantile q of ascending samples, by nearest rank: a value that was really measured. NaN without samples. */
export function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

/**
 * The two-sided 95 % interval of the quantile q of ascending samples, by order statistics: both ends were really measured.
 * An end is null when n is too small for one, or when it falls among the errors (Infinity).
 * @param burst as in shareInterval
 */
export function quantileInterval(sorted: Float64Array, q: number, burst = 1): Interval {
  const n = sorted.length;
  const share = 1 - q;
  // How many samples may lie above the end without contradicting "the share above the quantile is 1 − q".
  const fewest = firstWhole(n, (above) => binomialAtMost(above / burst, n / burst, share) > TAIL);
  const most = firstWhole(n, (above) => binomialAtLeast(above / burst, n / burst, share) <= TAIL);
  const hi = fewest === 0 ? undefined : sorted[n - fewest];
  return [finiteOrNull(sorted[n - most]), finiteOrNull(hi)];
}

/** The smallest whole number up to n for which `holds` is true, n + 1 when there is none; it must switch only once. */
function firstWhole(n: number, holds: (value: number) => boolean): number {
  let lo = -1;
  let hi = n + 1;
  while (hi - lo > 1) {
    const middle = Math.floor((lo + hi) / 2);
    if (holds(middle)) hi = middle;
    else lo = middle;
  }
  return hi;
}

/** The two-sided 95 % interval of a mean, in the unit of the values; nulls for fewer than two. See `meanBound`. */
export function meanInterval(values: Float64Array | readonly number[]): Interval {
  return [meanBound(values, -1, TAIL), meanBound(values, 1, TAIL)];
}

/** The mean is below this with 95 % confidence, in the unit of the values; null for fewer than two. See `meanBound`. */
export function upperMean(values: Float64Array | readonly number[]): number | null {
  return meanBound(values, 1, 2 * TAIL);
}

/** The mean is above this with 95 % confidence, in the unit of the values; null for fewer than two. See `meanBound`. */
export function lowerMean(values: Float64Array | readonly number[]): number | null {
  return meanBound(values, -1, 2 * TAIL);
}

/**
 * Student's bound, corrected for skew by Hall's cubic transformation (J. R. Statist. Soc. B 54, 1992, p. 221): costs and
 * lengths have a long right tail, and the plain t interval then ends too low. Needs no randomness.
 */
function meanBound(values: Float64Array | readonly number[], side: 1 | -1, chance: number): number | null {
  const n = values.length;
  if (n < 2) return null;
  const mean = average(values, (value) => value);
  const variance = average(values, (value) => (value - mean) ** 2);
  const deviation = Math.sqrt((variance * n) / (n - 1));
  if (deviation === 0) return mean;
  const skew = average(values, (value) => (value - mean) ** 3) / variance ** 1.5;
  const t = -side * tQuantile(chance, n - 1);
  return mean - deviation * unskewed(t / Math.sqrt(n), skew, n);
}

/** The inverse of Hall's transformation: where the skewed statistic lies when the symmetric one lies at `at`. */
function unskewed(at: number, skew: number, n: number): number {
  if (Math.abs(skew) < 1e-9) return at;
  return (3 / skew) * (Math.cbrt(1 + skew * (at - skew / (6 * n))) - 1);
}

/** The mean of what `of` makes of the values; NaN without any. */
export function average(values: Float64Array | readonly number[], of: (value: number) => number): number {
  let sum = 0;
  for (const value of values) sum += of(value);
  return sum / values.length;
}

/** JSON has no NaN and no Infinity: what is not a number is null. */
export function finiteOrNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
