import { quantile } from "../../health/statistics/statistics.ts";
import type { AlertMetric } from "../../config/words.ts";
import type { Round } from "../types.ts";

/** A figure of some rounds. */
export interface Figure {
  /** null: `missing` says why. */
  value: number | null;
  /** Requests it stands on; of `up`, rounds. */
  samples: number;
  missing?: string;
}

/** What our own probes say about a metric over some rounds, oldest first. Pure. */
export function ownFigure(metric: AlertMetric, rounds: readonly Round[]): Figure {
  const last = rounds.at(-1);
  if (last === undefined) return { value: null, samples: 0, missing: "no round in the window" };
  const figure = figures[metric];
  if (figure === undefined) return { value: null, samples: 0, missing: `our own probes do not measure ${metric}` };
  const found = figure(rounds);
  const told = rounds.findLast(({ why }) => why !== null)?.why ?? "no probe was answered";
  return found.value === null ? { ...found, missing: told } : found;
}

type OfRounds = (rounds: readonly Round[]) => Figure;

const figures: Partial<Record<AlertMetric, OfRounds>> = {
  p50Ms: quantileOf("latencyMs", 0.5),
  p95Ms: quantileOf("latencyMs", 0.95),
  p99Ms: quantileOf("latencyMs", 0.99),
  maxMs: quantileOf("latencyMs", 1),
  firstTokenMs: quantileOf("firstTokenMs", 0.95),
  errorRate: (rounds) => {
    const errors = rounds.reduce((sum, round) => sum + round.errors, 0);
    const samples = rounds.reduce((sum, round) => sum + round.errors + round.latencyMs.length, 0);
    return { value: samples === 0 ? null : errors / samples, samples };
  },
  costPerRequestUsd: (rounds) => {
    const costs = rounds.flatMap(({ costUsd }) => costUsd);
    const totalUsd = costs.reduce((sum, usd) => sum + usd, 0);
    return { value: costs.length === 0 ? null : totalUsd / costs.length, samples: costs.length };
  },
  // Now, and not a share of the window: for how long is the rule's business.
  up: (rounds) => ({ value: rounds.at(-1)?.isUp === true ? 1 : 0, samples: rounds.length }),
};

/** Of good answers: one that failed at once would make the app look quick. Failures are what errorRate is about. */
function quantileOf(key: "latencyMs" | "firstTokenMs", q: number): OfRounds {
  return (rounds) => {
    const sorted = Float64Array.from(rounds.flatMap((round) => round[key])).toSorted();
    return { value: sorted.length === 0 ? null : quantile(sorted, q), samples: sorted.length };
  };
}
