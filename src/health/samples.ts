import { errorCauses, type ErrorCause } from "./causes.ts";
import type { Answer } from "./send.ts";

const UNFINISHED = -1;
const GOOD = 0;

/** Every request of a run, raw: exact quantiles, intervals and, later, comparisons need no sketch. Times in ms. */
export interface Samples {
  /** Requests a second that were due; request i was due at i / rate. */
  ratePerSecond: number;
  /** How many were due before the run ended: fewer than planned only when it was interrupted. */
  started: number;
  latencyMs: Float64Array;
  firstTokenMs: Float64Array;
  sendLagMs: Float64Array;
  probe: Uint16Array;
  /** −1 unfinished, 0 good, k an error of cause k − 1. */
  outcome: Int8Array;
  /** The first failure of each cause, in words. */
  firstFailure: Map<ErrorCause, string>;
}

/** Room for a run. `probe[i]` says which probe request i is for. */
export function createSamples(ratePerSecond: number, probe: Uint16Array): Samples {
  const { length } = probe;
  return {
    ratePerSecond,
    started: 0,
    latencyMs: new Float64Array(length),
    firstTokenMs: new Float64Array(length),
    sendLagMs: new Float64Array(length),
    probe,
    outcome: new Int8Array(length).fill(UNFINISHED),
    firstFailure: new Map(),
  };
}

/** Keeps the answer to request i. */
export function record(samples: Samples, i: number, answer: Answer): void {
  samples.latencyMs[i] = answer.latencyMs;
  samples.firstTokenMs[i] = answer.firstTokenMs;
  samples.outcome[i] = answer.cause === null ? GOOD : errorCauses.indexOf(answer.cause) + 1;
  if (answer.cause !== null && !samples.firstFailure.has(answer.cause)) {
    samples.firstFailure.set(
      answer.cause,
      `request ${i + 1}, after ${Math.round(answer.latencyMs)} ms: ${answer.detail}`,
    );
  }
}

/** The numbers of the requests that have an outcome, of one probe or (null) of all. */
export function finished(samples: Samples, probe: number | null = null): number[] {
  const indices: number[] = [];
  for (let i = 0; i < samples.started; i++) {
    if (samples.outcome[i] !== UNFINISHED && (probe === null || samples.probe[i] === probe)) indices.push(i);
  }
  return indices;
}

/** The cause of request i's error, or null when it was good. */
export function causeOf(samples: Samples, i: number): ErrorCause | null {
  return errorCauses[(samples.outcome[i] ?? GOOD) - 1] ?? null;
}
