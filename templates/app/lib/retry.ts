// create-edge-ai 0.1.0
import type { Fault } from "./fault.ts";

const BASE_MS = 200;

/** Retries may be a fifth of the calls, plus 10 at once: a target that is down must not get twice the traffic. */
const PER_CALL = 0.2;
const BURST = 10;

/** A bucket of tokens; each call puts a part of one in, each retry takes a whole one. */
export class RetryBudget {
  #tokens = BURST;

  deposit(): void {
    this.#tokens = Math.min(BURST, this.#tokens + PER_CALL);
  }

  /** False when there is none left. */
  take(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

/**
 * How long to wait before the same target is asked again, in ms; null when it is not worth it. Full jitter: callers who
 * failed together must not come back together.
 * @param leftMs what this target may still take: waiting for longer than half of it leaves too little for the answer
 */
export function retryDelayMs(fault: Fault, leftMs: number, random: () => number = Math.random): number | null {
  const waitMs = (fault.retryAfterMs ?? 0) + random() * BASE_MS;
  return fault.isRetried && waitMs <= leftMs / 2 ? waitMs : null;
}

/** What `retry-after-ms` or `retry-after` (seconds or an HTTP date) ask for, in ms from `nowMs`; null when there is neither. */
export function retryAfterMs(headers: Headers, nowMs: number = Date.now()): number | null {
  const ms = Number(headers.get("retry-after-ms") || NaN);
  const value = headers.get("retry-after") || NaN;
  const seconds = Number(value);
  const waitMs = [ms, seconds * 1_000, Date.parse(String(value)) - nowMs].find((each) => !Number.isNaN(each));
  return waitMs === undefined ? null : Math.max(0, waitMs);
}
