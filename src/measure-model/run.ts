import { measureLoad, type Run, type Target } from "../health/measure.ts";
import type { Load } from "../health/plan.ts";
import { openPool } from "../health/requests/exchange.ts";
import { createSpend } from "../health/spend.ts";
import type { Probe } from "../config/schema.ts";

/** A model may write for long; lib/deadlines.ts of our apps ends a stream after 290 s. */
const TIMEOUT_MS = 300_000;

interface Sent {
  url: string;
  probe: Probe;
  concurrency: number;
  /** At most. */
  requests: number;
  /** Longest time to send; what is under way then comes to its end. */
  durationMs: number;
  /** The number in the first request; no other run may have sent it. */
  firstNumber: number;
  signal: AbortSignal;
  onProgress?: (finished: number) => void;
}

/** Sends requests in a closed loop, with the engine of the health check, and judges nothing. @throws Interrupted */
export async function sendLoad({
  url,
  probe,
  concurrency,
  requests,
  durationMs,
  onProgress,
  ...sent
}: Sent): Promise<Run> {
  const { firstNumber, signal } = sent;
  signal.throwIfAborted();
  const load: Load = {
    pace: { kind: "closed", concurrency },
    requests,
    minDurationMs: Infinity,
    durationMs,
    timeoutMs: TIMEOUT_MS,
    maxInFlight: concurrency,
    maxBytes: null,
    maxCostUsd: null,
    estimatedUsdPerRequest: null,
  };
  const pool = openPool(url, concurrency);
  const stop = (): void => void pool.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    const target: Target = {
      pool,
      headers: {},
      probes: [probe],
      load,
      firstNumber,
      signal,
      spend: createSpend(load),
      traffic: { bytes: 0 },
    };
    const run = await measureLoad(target, [], [], onProgress ?? (() => undefined));
    signal.throwIfAborted();
    return run;
  } finally {
    signal.removeEventListener("abort", stop);
    await pool.destroy();
  }
}
