/**
 * An always-valid test of "the share of bad requests is below the limit". It may be asked after every request, and the run
 * may stop as soon as it answers: asking a fixed-size 5 % test that often gives 15–29 % false passes.
 *
 * It bets against the opposite of the claim. Each alternative share q multiplies its stake by q / limit for a bad request and
 * by (1 − q) / (1 − limit) for a good one. While the opposite is true no bet gains on average, and so (Ville's
 * inequality) the chance that the sum of the stakes ever reaches 1/α is at most α: at any time, however often one looks.
 * Dividing the counts by a burst length takes roots of the stakes, which only makes a verdict harder: with independent
 * requests the promise holds whatever burst length was estimated from them.
 */
import type { Verdict } from "./statistics.ts";

/** The chance of a wrong verdict that is accepted on each side, when the truth is exactly at the limit. */
const ALPHA = 0.05;
/** Fewer bursts than that say little about how often they come. */
const FEWEST_BURSTS = 5;
/** Bad for that much of the run is no burst but how the service is. */
const STATE_SHARE = 0.5;
/** No run is larger: who would need more cannot prove the claim. */
const MOST_REQUESTS = 1e12;

/** An alternative: its odds of a bad request, as a multiple of the limit's odds, and its part of the stake. */
interface Bet {
  odds: number;
  stake: number;
}

/**
 * Half of the stake is on "almost none are bad", which is what most good services show: 0 bad pass p95 at 70 requests and
 * errors < 1 % at 353 (59 and 299 are the least that any 5 % test needs). The rest makes it quick between (see
 * bench/calibration.ts) and lets a long run tell a share that is 7 % off the limit.
 */
const passBets: readonly Bet[] = [
  { odds: 0.02, stake: 0.48 },
  { odds: 0.2, stake: 0.16 },
  { odds: 0.4, stake: 0.15 },
  { odds: 0.6, stake: 0.1 },
  { odds: 0.8, stake: 0.07 },
  { odds: 0.93, stake: 0.04 },
];
const failBets: readonly Bet[] = [1.1, 1.3, 1.7, 2.5, 4, 8, 30].map((odds) => ({ odds, stake: 1 / 7 }));

/** What is known about a claim. Counts may be fractions: a caller may have divided them by something. */
interface ShareEvidence {
  /** Bad requests among n. */
  bad: number;
  n: number;
  /** The claim is "the share of bad requests is below this", a fraction. */
  limit: number;
  /** How many bad requests come together (see burstLength): judged as bad / burst of n / burst independent requests. */
  burst: number;
  /**
   * How many claims could fail the run: their false alarms add up, so each gets its part of 5 % (Bonferroni). All must pass
   * for a pass, so there each has 5 % to itself.
   */
  failures: number;
}

/**
 * Is the share of bad requests below the limit? May be asked at any time of a run, as often as wanted. Limit 0 fails at the
 * first bad request and never passes; limit 1 passes at the first good one and never fails. When bad requests come in
 * bursts it is inconclusive while fewer than five bursts are expected at the limit and fewer than five were seen.
 */
export function judgeShare({ bad, n, limit, burst, failures }: ShareEvidence): Verdict {
  if (limit <= 0) return bad > 0 ? "fail" : "inconclusive";
  if (limit >= 1) return bad < n ? "pass" : "inconclusive";
  if (isState(bad, n, limit)) return "fail";
  if (burst > 1 && Math.max(n * limit, bad) / burst < FEWEST_BURSTS) return "inconclusive";
  const good = (n - bad) / burst;
  if (evidence(passBets, bad / burst, good, limit) >= 1 / ALPHA) return "pass";
  return evidence(failBets, bad / burst, good, limit) >= failures / ALPHA ? "fail" : "inconclusive";
}

/**
 * A service that breaks in the middle of a run and stays broken shows a single burst, which proves nothing by counting
 * bursts. But a mean share of at most `limit` lets a run be bad for ten times as much with a chance of at most 10 %, 2 % for
 * half of a run at limit 1 %, whatever the bursts look like and however often one looks (maximal ergodic theorem). Only
 * once five bad requests are expected at the limit: the first ten may be one burst.
 */
function isState(bad: number, n: number, limit: number): boolean {
  return n * limit >= FEWEST_BURSTS && bad / n >= Math.max(STATE_SHARE, 10 * limit);
}

/** What a stake of 1 has become. */
function evidence(bets: readonly Bet[], bad: number, good: number, limit: number): number {
  let sum = 0;
  for (const { odds, stake } of bets) {
    // odds × limit / (1 − limit) as a share, over the limit; and the same for the good ones.
    const logGood = -Math.log1p(limit * (odds - 1));
    sum += stake * Math.exp(bad * (Math.log(odds) + logGood) + good * logGood);
  }
  return sum;
}

/**
 * The fewest requests in all, and at least n, with which the claim passes when no further one is bad. Infinity when none do
 * (limit 0). With a burst length also as many as five bursts need.
 */
export function requestsNeeded(bad: number, limit: number, n = 0, burst = 1): number {
  if (limit <= 0) return Infinity;
  const passes = (requests: number): boolean => judgeShare({ bad, n: requests, limit, burst, failures: 1 }) === "pass";
  let hi = Math.max(1, n, Math.ceil(bad));
  if (passes(hi)) return hi;
  let lo = hi;
  while (!passes(hi)) {
    if (hi > MOST_REQUESTS) return Infinity;
    lo = hi;
    hi *= 2;
  }
  while (hi - lo > 1) {
    const middle = Math.floor((lo + hi) / 2);
    if (passes(middle)) hi = middle;
    else lo = middle;
  }
  return hi;
}
