import { slowAmong, type Evidence } from "./evidence.ts";
import { figure } from "./figures.ts";
import { usdOf } from "./price.ts";
import { sequentialMean } from "./statistics/sequential-mean.ts";
import { judgeShare, requestsNeeded } from "./statistics/sequential.ts";
import { metrics, type Limit } from "./slo.ts";
import {
  average,
  finiteOrNull,
  lowerMean,
  meanInterval,
  quantile,
  quantileInterval,
  shareInterval,
  upperMean,
  type Interval,
  type Verdict,
} from "./statistics/statistics.ts";

/** What the evidence says about one limit. */
export interface Finding {
  actual: number | null;
  interval: Interval;
  verdict: Verdict;
  text: string;
  /** See Check. */
  more?: number;
  /** Not even a run without a single bad request could have proven it. */
  unprovable?: boolean;
}

/** Shorter sending says nothing about a rate: it would fit into the server's queue. */
export const SHORTEST_THROUGHPUT_MS = 5_000;

const nothing: Finding = {
  actual: null,
  interval: [null, null],
  verdict: "inconclusive",
  text: "nothing was measured",
};

/**
 * Judges the limit by what it is about. Without requests nothing is known.
 * @param failures how many limits of the run could fail it: their false alarms add up, so each gets its share of 5 %
 */
export function findingFor(limit: Limit, evidence: Evidence, failures: number): Finding {
  if (evidence.n === 0) return nothing;
  const { metric } = metrics[limit.key];
  switch (metric.kind) {
    case "quantile":
      return judgeQuantile(limit, evidence, metric.q, metric.of, failures);
    case "errors":
      return judgeErrors(limit, evidence, failures);
    case "maximum":
      return judgeMaximum(limit, evidence);
    case "throughput":
      return judgeThroughput(limit, evidence);
    case "coldStart":
      return judgeColdStart(limit, evidence);
    case "cost":
      return judgeCost(limit, evidence);
    default:
      return judgeAnswers(limit, evidence);
  }
}

function judgeQuantile(
  limit: Limit,
  evidence: Evidence,
  q: number,
  of: "latencyMs" | "firstTokenMs",
  failures: number,
): Finding {
  if (of === "firstTokenMs" && evidence.streams === 0 && evidence.good > 0) {
    return { ...nothing, text: "no answer came as a stream, so none had a first token" };
  }
  const sorted = evidence.ascending[of];
  const { bad, burst } = slowAmong(evidence[of], limit.value);
  const word = evidence.good === evidence.n ? "slow" : "slow or failed";
  return {
    actual: finiteOrNull(quantile(sorted, q)),
    interval: quantileInterval(sorted, q),
    ...judgeBadShare({ bad, burst, word, share: 1 - q, failures, claim: claimOf(limit) }, evidence),
  };
}

function judgeErrors(limit: Limit, evidence: Evidence, failures: number): Finding {
  const bad = evidence.n - evidence.good;
  const { burst } = slowAmong(evidence.latencyMs, Infinity);
  return {
    actual: bad / evidence.n,
    interval: shareInterval(bad, evidence.n),
    ...judgeBadShare(
      { bad, burst, word: bad === 1 ? "error" : "errors", share: limit.value, failures, claim: claimOf(limit) },
      evidence,
    ),
  };
}

interface BadShare {
  bad: number;
  /** How many bad requests come together: so many count as one. */
  burst: number;
  word: string;
  share: number;
  failures: number;
  claim: string;
}

function judgeBadShare(
  { bad, burst, word, share, failures, claim }: BadShare,
  { n, planned, offeredPerSecond }: Evidence,
): Pick<Finding, "verdict" | "text" | "more" | "unprovable"> {
  const verdict = judgeShare({ bad, n, limit: share, burst, failures });
  const inBursts = burst > 1 ? ` in bursts of about ${Math.round(burst)}` : "";
  const counted = `${bad} ${word} of ${n}${inBursts}`;
  if (verdict === "pass") return { verdict, text: counted };
  if (verdict === "fail") return { verdict, text: `${counted}; that rules out ${claim}` };
  const unprovable = requestsNeeded(0, share) > planned;
  const needed = requestsNeeded(bad, share, n, burst);
  if (needed === Infinity) return { verdict, unprovable, text: `${counted}; no number of requests proves ${claim}` };
  if (bad / n >= 2 * share) return { verdict, unprovable, text: `${counted}; too few to rule out ${claim}` };
  if (bad / n >= share) return { verdict, unprovable, text: `${counted}; too close to ${claim} to say kept or broken` };
  const more = Math.max(1, needed - n);
  const about = offeredPerSecond === null ? "" : `, about ${seconds((more / offeredPerSecond) * 1_000)}`;
  return { verdict, unprovable, more, text: `${counted}; ${claim} needs ${n + more}: ${more} more${about}` };
}

function judgeMaximum(limit: Limit, { longestMs, latencyMs, n }: Evidence): Finding {
  const { bad } = slowAmong(latencyMs, limit.value);
  return {
    actual: finiteOrNull(longestMs),
    interval: nothing.interval,
    verdict: bad === 0 ? "pass" : "fail",
    text: `${bad} slow of ${n}; says nothing about requests that were not sent`,
  };
}

function judgeColdStart(limit: Limit, { coldStartMs }: Evidence): Finding {
  if (coldStartMs === null) return { ...nothing, text: "the first request failed, so there is no cold start to judge" };
  return {
    actual: coldStartMs,
    interval: nothing.interval,
    verdict: coldStartMs < limit.value ? "pass" : "fail",
    text: "one cold start; says nothing about the next",
  };
}

/**
 * Each second of the run is one observation; a rate that must be reached is proven by the lower bound of their mean. Where
 * the app keeps up with what is offered, every second shows the same. The run looks again and again and stops when this is
 * decided, so the bounds of the verdict are wider than the interval beside the figure, which is for reading.
 */
function judgeThroughput(
  limit: Limit,
  { n, good, offeredPerSecond, throughputPerSecond, goodPerSecond, windowMs }: Evidence,
): Finding {
  const found = { actual: finiteOrNull(throughputPerSecond) ?? 0, interval: meanInterval(goodPerSecond) };
  const offered =
    offeredPerSecond === null
      ? `taken in ${seconds(windowMs)}`
      : `${figure(offeredPerSecond, "1/s")} offered for ${seconds(windowMs)}`;
  if (windowMs < SHORTEST_THROUGHPUT_MS) {
    const perSecond = offeredPerSecond ?? (n * 1_000) / windowMs;
    const more = Math.max(1, Math.ceil((SHORTEST_THROUGHPUT_MS / 1_000) * perSecond) - n);
    return { ...found, verdict: "inconclusive", more, text: `${offered}; a throughput needs 5 s: ${more} more` };
  }
  // Without a good answer there may be no seconds to look at.
  const [lo, hi] = good === 0 ? [0, 0] : sequentialMean(goodPerSecond);
  if (found.actual >= limit.value && lo !== null && lo >= limit.value) {
    return { ...found, verdict: "pass", text: offered };
  }
  if (offeredPerSecond !== null && offeredPerSecond < limit.value) {
    return { ...found, verdict: "inconclusive", text: `${offered}, which cannot show ${figure(limit.value, "1/s")}` };
  }
  if (found.actual < limit.value && hi !== null && hi < limit.value) {
    return { ...found, verdict: "fail", text: offered };
  }
  return {
    ...found,
    verdict: "inconclusive",
    text: `${offered}; too close to ${figure(limit.value, "1/s")} to say reached or missed`,
  };
}

/**
 * The mean is judged, since it is what the bill is made of: once, at the end of the run. Each end of the interval holds with
 * 95 % confidence, since each makes one of the verdicts.
 */
function judgeCost(limit: Limit, { usages, good }: Evidence): Finding {
  const costs = usages.map((usage) => usdOf(usage)).filter((usd) => usd !== null);
  if (costs.length === 0) {
    return { ...nothing, text: "no answer said what it used, or there is no price for its model" };
  }
  const [lo, hi] = [lowerMean(costs), upperMean(costs)];
  const found = { actual: average(costs, (usd) => usd), interval: [lo, hi] satisfies Interval };
  const text = `${costs.length} of ${good} good answers have a price`;
  // The ones without a price may be the dear ones.
  if (costs.length < Math.max(good, usages.length)) return { ...found, verdict: "inconclusive", text };
  if (lo !== null && lo >= limit.value) return { ...found, verdict: "fail", text };
  if (hi !== null && hi < limit.value) return { ...found, verdict: "pass", text };
  const why = lo === null ? "too few for a mean" : `too close to ${figure(limit.value, "USD")} to say kept or broken`;
  return { ...found, verdict: "inconclusive", text: `${text}; ${why}` };
}

function judgeAnswers(limit: Limit, { good, n, planned }: Evidence): Finding {
  const missing = n < planned ? "inconclusive" : "fail";
  const verdict = good >= limit.value ? "pass" : missing;
  return { actual: good, interval: nothing.interval, verdict, text: `${good} of ${n}` };
}

function claimOf({ key, value }: Limit): string {
  const { name, unit } = metrics[key];
  return `${name} < ${figure(value, unit)}`;
}

function seconds(ms: number): string {
  return `${ms < 10_000 ? Math.max(0.1, Math.round(ms / 100) / 10) : Math.round(ms / 1_000)} s`;
}
