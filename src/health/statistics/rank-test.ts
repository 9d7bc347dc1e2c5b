/** Two samples by their ranks: is one shifted, and by how much? Both ascending; Infinity (an error) ranks last. */

/** Standard deviations on either side of a two-sided 95 % interval of a normal variable. */
const Z95 = 1.959964;
/** Halvings of the ratio's range of 2 × 40 powers of e: enough for 12 digits. */
const HALVINGS = 60;
const LARGEST_LOG_RATIO = 40;

/** P(Z > z) for a standard normal Z; relative error below 1.2e-7 (Numerical Recipes, erfcc). */
export function normalAbove(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  const coefficients = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ];
  const exponent = coefficients.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  const above = (t * Math.exp(exponent - x * x)) / 2;
  return z >= 0 ? above : 1 - above;
}

/**
 * One-sided p-value of the Mann–Whitney test for "`now` is larger than `baseline`": normal approximation with correction for
 * ties and continuity. 1 when either is empty or all values are equal.
 */
export function largerByRank(baseline: Float64Array, now: Float64Array): number {
  const { wins, deviation } = compareRanks(baseline, now);
  if (deviation === 0) return 1;
  return normalAbove((wins - (baseline.length * now.length) / 2 - 0.5) / deviation);
}

/**
 * The Hodges–Lehmann ratio: the median of all now / baseline, and its two-sided 95 % interval from the same rank statistic.
 * The ends are NaN and Infinity when there are too few. All three are found by halving the range of ratios, since the pairs may
 * be 10¹⁰: O((n + m) · 60).
 */
export function ratioByRank(
  baseline: Float64Array,
  now: Float64Array,
): { ratio: number; interval: [lo: number, hi: number] } {
  const pairs = baseline.length * now.length;
  const { deviation } = compareRanks(baseline, now);
  const rank = Math.floor(pairs / 2 - Z95 * deviation);
  return {
    ratio: ratioAt(baseline, now, pairs / 2),
    interval: [ratioAt(baseline, now, rank), ratioAt(baseline, now, pairs + 1 - rank)],
  };
}

/** Pairs in which `now` is larger (ties count half), and the standard deviation of that number when nothing has changed. */
function compareRanks(baseline: Float64Array, now: Float64Array): { wins: number; deviation: number } {
  const [n, m] = [baseline.length, now.length];
  let [i, j, wins, ties] = [0, 0, 0, 0];
  while (i < n || j < m) {
    const value = Math.min(baseline[i] ?? Infinity, now[j] ?? Infinity);
    const [fromI, fromJ] = [i, j];
    // "Not larger" and not "equal": a NaN, which there should be none of, must not stop it for ever.
    while (i < n && !((baseline[i] ?? 0) > value)) i++;
    while (j < m && !((now[j] ?? 0) > value)) j++;
    wins += (j - fromJ) * (fromI + (i - fromI) / 2);
    const equal = i - fromI + j - fromJ;
    ties += equal ** 3 - equal;
  }
  const all = n + m;
  const variance = all < 2 ? 0 : ((n * m) / 12) * (all + 1 - ties / (all * (all - 1)));
  return { wins, deviation: Math.sqrt(Math.max(0, variance)) };
}

/**
 * The smallest ratio that at least `rank` of the pairs do not exceed: NaN below the first pair or when it is one with an error
 * in the baseline, Infinity above the last or when it is one with an error now.
 */
function ratioAt(baseline: Float64Array, now: Float64Array, rank: number): number {
  let [lo, hi] = [-LARGEST_LOG_RATIO, LARGEST_LOG_RATIO];
  if (pairsUpTo(baseline, now, Math.exp(hi)) < rank) return Infinity;
  if (pairsUpTo(baseline, now, Math.exp(lo)) >= rank) return Number.NaN;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (lo + hi) / 2;
    if (pairsUpTo(baseline, now, Math.exp(middle)) >= rank) hi = middle;
    else lo = middle;
  }
  return Math.exp(hi);
}

/** Pairs with now ≤ ratio × baseline. An error in both runs is an equal pair: its ratio is 1. */
function pairsUpTo(baseline: Float64Array, now: Float64Array, ratio: number): number {
  const errorsFrom = now.indexOf(Infinity);
  const end = ratio >= 1 || errorsFrom < 0 ? now.length : errorsFrom;
  let [pairs, j] = [0, 0];
  for (const value of baseline) {
    while (j < end && (now[j] ?? Infinity) <= ratio * value) j++;
    pairs += j;
  }
  return pairs;
}
