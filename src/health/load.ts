import { setTimeout as sleep } from "node:timers/promises";
import { record, type Samples } from "./samples.ts";
import type { Answer } from "./send.ts";

export interface LoadOptions {
  /** Most requests under way at once; one that is due beyond that is recorded as dropped, never sent late. */
  maxInFlight: number;
  signal: AbortSignal | undefined;
  /** Called every few seconds. */
  onProgress?: (finished: number) => void;
}

const PROGRESS_MS = 3_000;

/**
 * Sends a run as an open loop: request i is due at t0 + i / rate, whatever became of the ones before it, as users do who
 * know nothing of each other. A closed loop waits for slow answers and so hides them (coordinated omission).
 * Resolves when every answer is in: `sendOne` has a deadline, so that is the drain. When the signal is aborted it sends no
 * more, and what was under way stays unfinished.
 * @param sendOne sends request i, due at `dueAt`; never rejects, and ends at once when the signal is aborted
 */
export async function runLoad(
  samples: Samples,
  sendOne: (i: number, dueAt: number) => Promise<Answer>,
  { maxInFlight, signal, onProgress }: LoadOptions,
): Promise<void> {
  const gapMs = 1_000 / samples.ratePerSecond;
  const underWay = new Set<Promise<void>>();
  const isStopped = (): boolean => signal?.aborted === true;
  const startedAt = performance.now();
  let reportAt = startedAt + PROGRESS_MS;

  const start = async (i: number, dueAt: number): Promise<void> => {
    const answer = await sendOne(i, dueAt);
    if (!isStopped()) record(samples, i, answer);
  };

  while (samples.started < samples.outcome.length && !isStopped()) {
    const i = samples.started;
    const dueAt = startedAt + i * gapMs;
    const now = performance.now();
    if (dueAt > now) {
      await pause(dueAt - now, signal);
      continue;
    }
    samples.started++;
    samples.sendLagMs[i] = now - dueAt;
    if (underWay.size >= maxInFlight) {
      record(samples, i, dropped(now - dueAt, maxInFlight));
    } else {
      const request: Promise<void> = start(i, dueAt).finally(() => underWay.delete(request));
      underWay.add(request);
    }
    if (now >= reportAt) {
      reportAt = now + PROGRESS_MS;
      onProgress?.(samples.started - underWay.size);
    }
  }
  await Promise.all(underWay);
}

function dropped(latencyMs: number, maxInFlight: number): Answer {
  return {
    cause: "dropped",
    detail: `not sent: ${maxInFlight} requests were already waiting for an answer`,
    latencyMs,
    firstTokenMs: latencyMs,
  };
}

/** Waits so long, or until the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
