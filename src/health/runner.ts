import { monitorEventLoopDelay } from "node:perf_hooks";
import { quantile } from "./statistics/statistics.ts";

/** How well the measuring machine did its own part, in milliseconds. */
export interface Runner {
  /** How late requests were sent, p99. */
  sendLagP99Ms: number;
  /** How late the event loop ran what was due, p99: answers were noticed that late. */
  eventLoopDelayP99Ms: number;
}

const RESOLUTION_MS = 10;
/** A runner that is late by a quarter of the limit measures itself. On a quiet machine both figures are 1–4 ms. */
const LARGEST_SHARE_OF_LIMIT = 0.25;
/** Below this a delay is the noise of any shared CI machine. */
const FLOOR_MS = 25;
/** Judged against when no check has a limit in milliseconds. */
const DEFAULT_LIMIT_MS = 300;

/** Watches the event loop from now on. @returns stops watching and gives the p99 delay in ms */
export function watchEventLoop(): () => number {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return () => {
    histogram.disable();
    if (histogram.count === 0) return 0;
    // The histogram holds whole gaps between two ticks: nanoseconds, with the tick's own length in them.
    return Math.max(0, histogram.percentile(99) / 1e6 - RESOLUTION_MS);
  };
}

/** p99 of how late the sent requests left, in ms. */
export function sendLagP99(sendLagMs: Float64Array): number {
  return sendLagMs.length === 0 ? 0 : quantile(Float64Array.from(sendLagMs).toSorted(), 0.99);
}

/**
 * Says why a run must not be judged: the measuring machine itself was too slow for the tightest limit.
 * @returns the reason with its numbers, or null when the machine was fit
 */
export function unfitReason(runner: Runner, limitsMs: readonly number[]): string | null {
  const tightest = limitsMs.length === 0 ? DEFAULT_LIMIT_MS : Math.min(...limitsMs);
  const allowed = Math.max(FLOOR_MS, tightest * LARGEST_SHARE_OF_LIMIT);
  const late = [
    { name: "requests left late", ms: runner.sendLagP99Ms },
    { name: "the event loop was late", ms: runner.eventLoopDelayP99Ms },
  ].filter(({ ms }) => ms > allowed);
  if (late.length === 0) return null;
  const figures = late.map(({ name, ms }) => `${name} (p99 ${Math.round(ms)} ms)`).join(", ");
  return `this machine was too busy to measure: ${figures}; at most ${Math.round(allowed)} ms is fine`;
}
