// Runs of a service whose throughput is known, second by second, for calibration.ts.
import { sequentialMean } from "../src/health/statistics/sequential-mean.ts";
import type { Interval, Verdict } from "../src/health/statistics/statistics.ts";
import { seeded, type Result } from "../test/unit/health/simulate.ts";

/** How the seconds of a run come. The mean of what they answer is the truth that a row names. */
export interface Seconds {
  name: string;
  /** Standard deviation of the noise, when the mean is 100. */
  deviation: number;
  /** Some seconds answer this much less, as a fraction, by chance. */
  stall?: { share: number; depth: number };
  /** The noise is exponential: a long tail of good seconds (1) or of bad ones (−1). */
  tail?: 1 | -1;
  /** The bounds do not promise 5 % there. */
  isBeyond?: boolean;
}

export const secondsOfRuns: readonly Seconds[] = [
  { name: "normal noise of 1", deviation: 1 },
  { name: "normal noise of 10", deviation: 10 },
  { name: "normal noise of 30", deviation: 30 },
  { name: "one second in ten has half, noise of 0", deviation: 0, stall: { share: 0.1, depth: 0.5 } },
  { name: "one second in ten has half, noise of 1", deviation: 1, stall: { share: 0.1, depth: 0.5 } },
  { name: "one second in ten has half, noise of 5", deviation: 5, stall: { share: 0.1, depth: 0.5 } },
  { name: "one second in ten has half, noise of 10", deviation: 10, stall: { share: 0.1, depth: 0.5 } },
  { name: "one second in ten has half, noise of 30", deviation: 30, stall: { share: 0.1, depth: 0.5 } },
  { name: "one second in twenty has half, noise of 1", deviation: 1, stall: { share: 0.05, depth: 0.5 } },
  {
    name: "one second in twenty has nothing, noise of 1",
    deviation: 1,
    stall: { share: 0.05, depth: 1 },
    isBeyond: true,
  },
  { name: "one second in five has half, noise of 1", deviation: 1, stall: { share: 0.2, depth: 0.5 }, isBeyond: true },
  { name: "one second in ten has nothing, noise of 1", deviation: 1, stall: { share: 0.1, depth: 1 }, isBeyond: true },
  { name: "exponential, tail of bad seconds, noise of 10", deviation: 10, tail: -1 },
  { name: "exponential, tail of good seconds, noise of 10", deviation: 10, tail: 1 },
  { name: "exponential, tail of bad seconds, noise of 30", deviation: 30, tail: -1, isBeyond: true },
  { name: "exponential, tail of good seconds, noise of 30", deviation: 30, tail: 1, isBeyond: true },
];
export const MOST_SECONDS = 60;
/**
 * Looks at runs every second from the first look to the last, until the product's bounds have a verdict about "100 a second".
 * @param truth what a second answers in the mean
 */
export function judgeMeans(kind: Seconds, truth: number, { runs, first }: { runs: number; first: number }): Result[] {
  const random = seeded(13);
  return Array.from({ length: runs }, () => {
    const all = Array.from({ length: MOST_SECONDS }, () => goodAnswers(kind, truth, random));
    for (let n = first; n <= MOST_SECONDS; n++) {
      const verdict = verdictOf(sequentialMean(all.slice(0, n)));
      if (verdict !== "inconclusive") return { verdict, n, bad: 0 };
    }
    return { verdict: "inconclusive", n: MOST_SECONDS, bad: 0 };
  });
}

function goodAnswers({ deviation, stall, tail }: Seconds, truth: number, random: () => number): number {
  const { share, depth } = stall ?? { share: 0, depth: 0 };
  const noise = tail === undefined ? normal(random) : tail * (-Math.log(1 - random()) - 1);
  const second = truth / (1 - share * depth) + deviation * noise;
  return Math.max(0, random() < share ? second * (1 - depth) : second);
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function verdictOf([lo, hi]: Interval): Verdict {
  if (lo !== null && lo >= 100) return "pass";
  return hi !== null && hi < 100 ? "fail" : "inconclusive";
}
