import { setTimeout as sleep } from "node:timers/promises";
import { record, type Answer, type Samples } from "./samples.ts";

/** How requests are spread over time. */
export type Pace =
  /** By the clock, whatever became of the ones before; during `rampMs` the rate climbs evenly from 0 to the full one. */
  | { kind: "open"; ratePerSecond: number; rampMs: number }
  /** Each connection sends when its last answer is in: what the app can do, and blind to freezes. */
  | { kind: "closed"; concurrency: number };

export interface LoadOptions {
  pace: Pace;
  /** Most requests under way at once; one that is due beyond that is recorded as not sent, never sent late. */
  maxInFlight: number;
  signal: AbortSignal | undefined;
  /** Asked before each request, with the ms that were sent for: true ends the sending. */
  isOver: (sentMs: number) => boolean;
  /** Called every few seconds. */
  onProgress?: (finished: number) => void;
}

type SendOne = (i: number, dueAt: number) => Promise<Answer>;

const PROGRESS_MS = 3_000;
/**
 * Timers wake to the millisecond, and late: waiting for the very moment costs every request 0.6 ms in the median that are not
 * the app's. So what is due within this time is sent at once, and that is then when it was due: a user who came a bit earlier.
 */
const TIMER_MS = 1;

/**
 * Sends requests until `isOver`, there is no room left in `samples`, or the signal is aborted; then waits for the answers
 * that are under way (`sendOne` has a deadline, so that is the drain). Called again with the same samples it goes on
 * where it stopped: the run's clock stands still in between.
 * An open loop sends request i when it is due, as users do who know nothing of each other; a closed loop waits for slow
 * answers and so hides them (coordinated omission).
 * @param sendOne sends request i, due at `dueAt` (performance.now()); never rejects, and ends at once when the signal is aborted
 */
export async function runLoad(samples: Samples, sendOne: SendOne, options: LoadOptions): Promise<void> {
  const { pace } = options;
  const underWay = new Set<Promise<void>>();
  const run: Run = {
    samples,
    options,
    // What was sent before took its time on the run's clock.
    startedAt: performance.now() - nextDueMs(samples, pace),
    send(i, dueAt) {
      const request: Promise<void> = keepAnswer(samples, i, sendOne(i, dueAt), options.signal).finally(() =>
        underWay.delete(request),
      );
      underWay.add(request);
      return request;
    },
    underWay: () => underWay.size,
  };
  const progress = setInterval(() => options.onProgress?.(samples.started - underWay.size), PROGRESS_MS);
  try {
    await (pace.kind === "open" ? sendByClock(run, pace) : sendByConnection(run, pace.concurrency));
    await Promise.all(underWay);
  } finally {
    clearInterval(progress);
  }
}

/** When request i of an open loop is due, in ms of the run: the rate, integrated. */
export function dueMs({ ratePerSecond, rampMs }: Extract<Pace, { kind: "open" }>, i: number): number {
  const sentInRamp = (ratePerSecond * rampMs) / 2_000;
  if (i < sentInRamp) return Math.sqrt((i * 2_000 * rampMs) / ratePerSecond);
  return rampMs + ((i - sentInRamp) * 1_000) / ratePerSecond;
}

/** How many requests of an open loop are due within the first so many ms. */
export function dueWithin({ ratePerSecond, rampMs }: Extract<Pace, { kind: "open" }>, ms: number): number {
  const inRamp = Math.min(ms, rampMs);
  const afterRamp = Math.max(0, ms - rampMs);
  const due = ((inRamp / 2_000) * inRamp * ratePerSecond) / (rampMs || 1) + (afterRamp / 1_000) * ratePerSecond;
  // 110 × 0.1 s is 11, and not 11.000000000000002.
  return Math.floor(due + 1e-9);
}

interface Run {
  samples: Samples;
  options: LoadOptions;
  startedAt: number;
  send: (i: number, dueAt: number) => Promise<void>;
  underWay: () => number;
}

async function sendByClock(
  { samples, options, startedAt, send, underWay }: Run,
  pace: Extract<Pace, { kind: "open" }>,
): Promise<void> {
  while (mayGoOn(samples, options.signal)) {
    const i = samples.started;
    const planned = dueMs(pace, i);
    const now = performance.now() - startedAt;
    if (planned - now > TIMER_MS) {
      await pause(planned - now - TIMER_MS, options.signal);
      continue;
    }
    const due = Math.min(planned, now);
    const lagMs = now - due;
    if (options.isOver(planned)) return;
    begin(samples, i, due, lagMs);
    if (underWay() < options.maxInFlight) void send(i, startedAt + due);
    else record(samples, i, notSent(lagMs, options.maxInFlight));
  }
}

async function sendByConnection({ samples, options, startedAt, send }: Run, concurrency: number): Promise<void> {
  const connection = async (): Promise<void> => {
    while (mayGoOn(samples, options.signal)) {
      const now = performance.now();
      if (options.isOver(now - startedAt)) return;
      const i = samples.started;
      begin(samples, i, now - startedAt, 0);
      await send(i, now);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, connection));
}

function mayGoOn({ started, outcome }: Samples, signal: AbortSignal | undefined): boolean {
  return started < outcome.length && signal?.aborted !== true;
}

function begin(samples: Samples, i: number, due: number, lagMs: number): void {
  samples.started++;
  samples.dueMs[i] = due;
  samples.sendLagMs[i] = lagMs;
}

/** After a signal nothing counts any more: an answer that was torn off says nothing about the app. */
async function keepAnswer(
  samples: Samples,
  i: number,
  answer: Promise<Answer>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const answered = await answer;
  if (signal?.aborted !== true) record(samples, i, answered);
}

function nextDueMs({ started, dueMs: due }: Samples, pace: Pace): number {
  if (started === 0) return 0;
  return pace.kind === "open" ? dueMs(pace, started) : (due[started - 1] ?? 0);
}

function notSent(latencyMs: number, maxInFlight: number): Answer {
  return {
    cause: "not-sent",
    detail: `${maxInFlight} requests were already waiting for an answer`,
    requestId: null,
    latencyMs,
    firstTokenMs: latencyMs,
    bytes: 0,
    isCached: false,
    usage: null,
    stream: null,
  };
}

/** Waits so long, or until the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
