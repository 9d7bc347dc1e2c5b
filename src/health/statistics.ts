/**
 * Exact statistics of a gate, from raw samples and without assuming a distribution. A claim like "p95 < 300 ms" is a claim
 * about a share: fewer than 5 % of the requests take 300 ms or longer. So every claim here is "the share of bad requests is
 * below p", judged by the binomial distribution (Clopper and Pearson, Biometrika 26, 1934).
 */

/** The chance of a wrong verdict that is accepted on each side, when the truth is exactly at the limit. */
const ALPHA = 0.05;

export type Verdict = "pass" | "fail" | "inconclusive";
/** Bounds that each hold with 95 % confidence; null where the samples give none. */
export type Interval = [lo: number | null, hi: number | null];

/** P(X ≤ m) for X ~ Bin(n, p). */
export function binomialAtMost(m: number, n: number, p: number): number {
  if (m < 0) return 0;
  if (m >= n || p <= 0) return 1;
  if (p >= 1) return 0;
  let sum = 0;
  for (const term of binomialTerms(m, n, p)) sum += term;
  return Math.min(1, sum);
}

/** P(X ≥ m) for X ~ Bin(n, p). */
export function binomialAtLeast(m: number, n: number, p: number): number {
  return 1 - binomialAtMost(m - 1, n, p);
}

/** P(X = 0), P(X = 1) … P(X = m); in logarithms, since (1−p)ⁿ underflows at a few thousand requests. */
function* binomialTerms(m: number, n: number, p: number): Generator<number> {
  const logOdds = Math.log(p) - Math.log1p(-p);
  let logTerm = n * Math.log1p(-p);
  for (let i = 0; i <= m; i++) {
    yield Math.exp(logTerm);
    logTerm += Math.log((n - i) / (i + 1)) + logOdds;
  }
}

/** The most bad requests of n with which "the bad share is below p" is proven; −1 when n is too small for any. */
export function passLine(n: number, p: number): number {
  if (p >= 1) return n - 1;
  if (p <= 0) return -1;
  let sum = 0;
  let m = -1;
  for (const term of binomialTerms(n, n, p)) {
    sum += term;
    if (sum > ALPHA) return m;
    m++;
  }
  return m;
}

/** The fewest bad requests of n with which "the bad share is p or more" is proven; n + 1 when n is too small for any. */
export function failLine(n: number, p: number): number {
  if (p <= 0) return 1;
  if (p >= 1) return n + 1;
  let sum = 0;
  let m = 0;
  for (const term of binomialTerms(n, n, p)) {
    // Here sum is P(X ≤ m − 1), so this asks P(X ≥ m) ≤ α.
    if (1 - sum <= ALPHA) return m;
    sum += term;
    m++;
  }
  return n + 1;
}

/** Is the share of bad requests below the limit, given `bad` of `n`? No requests prove nothing. */
export function judgeShare(bad: number, n: number, limit: number): Verdict {
  if (n === 0) return "inconclusive";
  if (bad <= passLine(n, limit)) return "pass";
  return bad >= failLine(n, limit) ? "fail" : "inconclusive";
}

/** The fewest requests that prove "the bad share is below p" when `bad` of them are bad; Infinity when none do (p = 0). */
export function requestsNeeded(bad: number, p: number): number {
  if (p <= 0) return Infinity;
  const proves = (n: number): boolean => binomialAtMost(bad, n, p) <= ALPHA && n > bad;
  let hi = bad + 1;
  while (!proves(hi)) hi *= 2;
  let lo = Math.floor(hi / 2);
  while (hi - lo > 1) {
    const middle = Math.floor((lo + hi) / 2);
    if (proves(middle)) hi = middle;
    else lo = middle;
  }
  return hi;
}

/** Clopper–Pearson bounds for a share: each holds with 95 % confidence, so the share is between them with 90 %. */
export function shareInterval(bad: number, n: number): Interval {
  if (n === 0) return [null, null];
  const lo = bad === 0 ? 0 : bisect((p) => binomialAtLeast(bad, n, p) > ALPHA);
  const hi = bad === n ? 1 : bisect((p) => binomialAtMost(bad, n, p) <= ALPHA);
  return [lo, hi];
}

/** The quantile q of ascending samples, by nearest rank: a value that was really measured. NaN without samples. */
export function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

/**
 * Order-statistic bounds for the quantile q of ascending samples, each with 95 % confidence. They agree with
 * `judgeShare`: the upper one is below a limit exactly when the claim "quantile < limit" passes, the lower one is at or
 * over it exactly when it fails.
 */
export function quantileInterval(sorted: Float64Array, q: number): Interval {
  const n = sorted.length;
  const mostSlow = passLine(n, 1 - q);
  const fewestSlow = failLine(n, 1 - q);
  const hi = mostSlow < 0 ? undefined : sorted[n - mostSlow - 1];
  const lo = fewestSlow > n ? undefined : sorted[n - fewestSlow];
  return [finiteOrNull(lo), finiteOrNull(hi)];
}

/** JSON has no NaN and no Infinity: what is not a number is null. */
export function finiteOrNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

/** The smallest p from 0 to 1 for which `above` holds, to 12 digits; `above` must switch from false to true once. */
function bisect(above: (p: number) => boolean): number {
  let lo = 0;
  let hi = 1;
  for (let i = 0; i < 50; i++) {
    const middle = (lo + hi) / 2;
    if (above(middle)) hi = middle;
    else lo = middle;
  }
  return hi;
}
