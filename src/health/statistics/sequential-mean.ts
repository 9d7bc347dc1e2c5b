/**
 * Always-valid bounds of a mean of a few observed values, such as good answers in each second of a run. They may be asked for
 * after every value, and the run may stop as soon as they answer: asking Student's 5 % bound every second for a minute
 * gives 12–15 % wrong answers on either side.
 *
 * A bound holds two reasons why a mean may be off. The first is the noise that was seen: Robbins' normal mixture for values
 * of unknown variance (Wang and Ramdas, "Anytime-valid t-tests", arXiv 2310.03722: a test martingale of the t statistics). For
 * a mean m, with t Student's statistic of n values at m and g the variance of the mixture over (mean − m) / deviation,
 *   E = (1 + n·g)^(−1/2) · ((1 + t² / (n − 1)) / (1 + t² / ((n − 1)·(1 + n·g))))^(n / 2)
 * and the chance that E ever reaches 1/α is at most α (Ville's inequality). Exact for independent normal values, however few.
 * The second is what was not seen: a stall that comes in one of ten seconds often does not come in the first ten, and
 * the seconds without it hardly differ. So a mean is never known better than `unseen` says. The two are independent reasons, so
 * they add like deviations.
 *
 * It assumes values that do not depend on each other. Rare values below half of the others, or that cost over 8 % of the mean
 * in all, and strongly skewed noise of a third of the mean are not provided for: bench/calibration.ts shows, as "beyond", how
 * often it is wrong then. No bound that believes five equal seconds could know better.
 */
import { average, type Interval } from "./statistics.ts";

/** The accepted chance that the mean is ever outside a bound, for each of the two. */
const ALPHA = 0.05;
/** Of the mixture: a mean that is one deviation off is what it expects. From 0.5 to 2 hardly anything changes. */
const MIXTURE_VARIANCE = 1;
/**
 * What never came in n values comes in fewer than 3 / n of all, with 95 % confidence (rule of three). When it halves a value
 * the mean is 1.5 / n lower; 1.6 makes the 5 % hold when one looks every second.
 */
const UNSEEN = 1.6;
/**
 * More is not supposed: a check offers 10 % more than the limit, and an app that takes all of it every second must not have to
 * go on for 18 s to be believed.
 */
const MOST_UNSEEN = 0.08;

/**
 * The mean is over `lo` and under `hi`, each with 95 % confidence at any number of values, in their unit. Values must not be
 * negative. Nulls for fewer than four, which can prove nothing.
 */
export function sequentialMean(values: readonly number[]): Interval {
  const n = values.length;
  const t = largestT(n);
  if (t === null) return [null, null];
  const mean = average(values, (value) => value);
  const variance = (average(values, (value) => (value - mean) ** 2) * n) / (n - 1);
  const unseen = Math.min(MOST_UNSEEN, UNSEEN / n) * mean;
  const off = Math.hypot(t * Math.sqrt(variance / n), unseen);
  return [mean - off, mean + off];
}

/**
 * The t statistic at which E reaches 1 / (2α): the mixture bets on both sides, and each may be wrong with α. null when no t
 * is large enough.
 */
function largestT(n: number): number | null {
  if (n < 2) return null;
  const room = 1 + n * MIXTURE_VARIANCE;
  // E = 1 / (2α), solved for t² / (n − 1).
  const growth = (Math.sqrt(room) / (2 * ALPHA)) ** (2 / n);
  return growth < room ? Math.sqrt(((n - 1) * (growth - 1)) / (1 - growth / room)) : null;
}
