import { errorCauses, type ErrorCause } from "./requests/causes.ts";

const UNFINISHED = -1;
const GOOD = 0;

/** The result of one request. Times are milliseconds since the request was due, not since it was sent. */
export interface Answer {
  cause: ErrorCause | null;
  /** What went wrong, for a person; empty when nothing did. */
  detail: string;
  /** The platform's or the app's name for the request, from the headers of the answer. */
  requestId: string | null;
  latencyMs: number;
  /** First content of a stream; of any other answer its end. */
  firstTokenMs: number;
  /** Bytes of the body. */
  bytes: number;
  /** A cache on the way answered. */
  isCached: boolean;
  /** What was used, when the answer says so. */
  usage: Usage | null;
  /** Figures of a streamed answer; null for any other. */
  stream: StreamTimes | null;
}

/** What a model used for one answer, as an OpenAI-compatible answer says it. */
export interface Usage {
  model: string | null;
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
}

/** When the parts of a streamed answer came, in ms since the request was due. */
export interface StreamTimes {
  headersMs: number;
  firstByteMs: number;
  /** Every piece of content, ascending. */
  contentMs: readonly number[];
  /** As the answer counts them, without those of its reasoning; null when it does not. */
  outputTokens: number | null;
}

/** The first failure of a cause. */
interface Failure {
  text: string;
  requestId: string | null;
}

/** Every request of a run, raw: exact quantiles, intervals and comparisons need no sketch. Times in ms. */
export interface Samples {
  /** Names of the probes; `probe[i]` is an index into them. */
  probes: readonly string[];
  /** Requests that were due before the run ended. */
  started: number;
  /** Good answers so far. */
  good: number;
  /** When request i was due, since the start of the run. */
  dueMs: Float64Array;
  latencyMs: Float64Array;
  firstTokenMs: Float64Array;
  sendLagMs: Float64Array;
  probe: Uint16Array;
  /** −1 unfinished, 0 good, k an error of cause k − 1. */
  outcome: Int8Array;
  /** The first failure of each cause, in words. */
  firstFailure: Map<ErrorCause, Failure>;
  /** Answers from a cache. */
  cacheHits: number;
  bytes: number;
  /** What the answers say they used, and which probe asked. */
  usages: { probe: number; usage: Usage }[];
  streams: StreamTimes[];
}

/** Room for a run. `probe[i]` says which probe request i is for. */
export function createSamples(probes: readonly string[], probe: Uint16Array): Samples {
  const { length } = probe;
  return {
    probes,
    started: 0,
    good: 0,
    dueMs: new Float64Array(length),
    latencyMs: new Float64Array(length),
    firstTokenMs: new Float64Array(length),
    sendLagMs: new Float64Array(length),
    probe,
    outcome: new Int8Array(length).fill(UNFINISHED),
    firstFailure: new Map(),
    cacheHits: 0,
    bytes: 0,
    usages: [],
    streams: [],
  };
}

/** Keeps the answer to request i. */
export function record(samples: Samples, i: number, answer: Answer): void {
  samples.latencyMs[i] = answer.latencyMs;
  samples.firstTokenMs[i] = answer.firstTokenMs;
  samples.outcome[i] = answer.cause === null ? GOOD : errorCauses.indexOf(answer.cause) + 1;
  if (answer.cause === null) samples.good++;
  samples.bytes += answer.bytes;
  if (answer.isCached) samples.cacheHits++;
  if (answer.usage !== null) samples.usages.push({ probe: samples.probe[i] ?? 0, usage: answer.usage });
  if (answer.stream !== null) samples.streams.push(answer.stream);
  if (answer.cause !== null && !samples.firstFailure.has(answer.cause)) {
    const text = `request ${i + 1}, after ${Math.round(answer.latencyMs)} ms: ${answer.detail}`;
    samples.firstFailure.set(answer.cause, { text, requestId: answer.requestId });
  }
}

/** Whether request i has an outcome and is one of the probe, or (null) any. */
export function isAmong(samples: Samples, i: number, probe: number | null): boolean {
  return samples.outcome[i] !== UNFINISHED && (probe === null || samples.probe[i] === probe);
}

/** The numbers of the requests that have an outcome, of one probe or (null) of all. */
export function finished(samples: Samples, probe: number | null = null): number[] {
  const indices: number[] = [];
  for (let i = 0; i < samples.started; i++) if (isAmong(samples, i, probe)) indices.push(i);
  return indices;
}

/** The cause of request i's error, or null when it was good. */
export function causeOf(samples: Samples, i: number): ErrorCause | null {
  return errorCauses[(samples.outcome[i] ?? GOOD) - 1] ?? null;
}
