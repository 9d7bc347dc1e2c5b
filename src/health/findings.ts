import type { Evidence } from "./evidence.ts";
import { figure } from "./figures.ts";
import { metrics, type Limit } from "./slo.ts";
import {
  failLine,
  finiteOrNull,
  judgeShare,
  quantile,
  quantileInterval,
  requestsNeeded,
  shareInterval,
  type Interval,
  type Verdict,
} from "./statistics.ts";

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

/** Judges the limit by what it is about. Without requests nothing is known. */
export function findingFor(limit: Limit, evidence: Evidence): Finding {
  if (evidence.n === 0) return nothing;
  const { metric } = metrics[limit.key];
  switch (metric.kind) {
    case "quantile":
      return judgeQuantile(limit, evidence, metric.q, evidence[metric.of]);
    case "errors":
      return judgeErrors(limit, evidence);
    case "maximum":
      return judgeMaximum(limit, evidence);
    case "throughput":
      return judgeThroughput(limit, evidence);
    case "answers":
      return judgeAnswers(limit, evidence);
    default:
      return { ...nothing, text: "this version does not measure it: take it out of the SLO" };
  }
}

function judgeQuantile(limit: Limit, evidence: Evidence, q: number, sorted: Float64Array): Finding {
  const slow = sorted.filter((ms) => ms >= limit.value).length;
  const word = evidence.good === evidence.n ? "slow" : "slow or failed";
  return {
    actual: finiteOrNull(quantile(sorted, q)),
    interval: quantileInterval(sorted, q),
    ...judgeBadShare({ bad: slow, word, share: 1 - q, claim: claimOf(limit) }, evidence),
  };
}

function judgeErrors(limit: Limit, evidence: Evidence): Finding {
  const bad = evidence.n - evidence.good;
  return {
    actual: bad / evidence.n,
    interval: shareInterval(bad, evidence.n),
    ...judgeBadShare(
      { bad, word: bad === 1 ? "error" : "errors", share: limit.value, claim: claimOf(limit) },
      evidence,
    ),
  };
}

interface BadShare {
  bad: number;
  word: string;
  share: number;
  claim: string;
}

function judgeBadShare(
  { bad, word, share, claim }: BadShare,
  { n, planned }: Evidence,
): Pick<Finding, "verdict" | "text" | "more" | "unprovable"> {
  const verdict = judgeShare(bad, n, share);
  const counted = `${bad} ${word} of ${n}`;
  if (verdict === "pass") return { verdict, text: counted };
  if (verdict === "fail") return { verdict, text: `${counted}; ${failLine(n, share)} rule out ${claim}` };
  const unprovable = requestsNeeded(0, share) > planned;
  const needed = requestsNeeded(bad, share);
  if (needed === Infinity) return { verdict, unprovable, text: `${counted}; no number of requests proves ${claim}` };
  if (bad / n >= share) return { verdict, unprovable, text: `${counted}; too close to ${claim} to say kept or broken` };
  const more = needed - n;
  return { verdict, unprovable, more, text: `${counted}; ${claim} needs ${needed}: ${more} more` };
}

function judgeMaximum(limit: Limit, { longestMs, latencyMs, n }: Evidence): Finding {
  const slow = latencyMs.filter((ms) => ms >= limit.value).length;
  return {
    actual: finiteOrNull(longestMs),
    interval: [null, null],
    verdict: slow === 0 ? "pass" : "fail",
    text: `${slow} slow of ${n}; says nothing about requests that were not sent`,
  };
}

function judgeThroughput(limit: Limit, evidence: Evidence): Finding {
  const { n, offeredPerSecond, throughputPerSecond, windowMs } = evidence;
  const found = { actual: finiteOrNull(throughputPerSecond) ?? 0, interval: nothing.interval };
  const offered = `${figure(offeredPerSecond, "1/s")} offered for ${Math.round(windowMs / 100) / 10} s`;
  if (windowMs < SHORTEST_THROUGHPUT_MS) {
    const more = Math.ceil((SHORTEST_THROUGHPUT_MS / 1_000) * offeredPerSecond) - n;
    return { ...found, verdict: "inconclusive", more, text: `${offered}; a throughput needs 5 s: ${more} more` };
  }
  if (found.actual >= limit.value) return { ...found, verdict: "pass", text: offered };
  if (offeredPerSecond < limit.value) {
    return { ...found, verdict: "inconclusive", text: `${offered}, which cannot show ${figure(limit.value, "1/s")}` };
  }
  return { ...found, verdict: "fail", text: offered };
}

function judgeAnswers(limit: Limit, { good, n }: Evidence): Finding {
  const verdict = good >= limit.value ? "pass" : "fail";
  return { actual: good, interval: nothing.interval, verdict, text: `${good} of ${n}` };
}

function claimOf({ key, value }: Limit): string {
  const { name, unit } = metrics[key];
  return `${name} < ${figure(value, unit)}`;
}
