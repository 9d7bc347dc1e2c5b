import { errorCauses, type ErrorCause } from "../requests/causes.ts";
import { causeOf, finished, type Samples } from "../samples.ts";

/** A run cut into equal pieces of time. All lists have a number for each piece. */
export interface Bins {
  /** Length of a piece in seconds. */
  seconds: number;
  /** Requests that were due a second. */
  offered: number[];
  /** Good answers that came a second. */
  good: number[];
  /** Requests with this error, by when they were due; the most frequent cause first. */
  errors: { cause: ErrorCause; total: number; counts: number[] }[];
}

const MOST_BINS = 60;
/** Fewer requests in a piece show mostly chance. */
const FEWEST_IN_BIN = 8;

/** Cuts the time in which requests were due, in which answers came too. */
export function binsOf(samples: Samples): Bins {
  const sentMs = sentMsOf(samples);
  const length = Math.max(1, Math.min(MOST_BINS, Math.floor(samples.started / FEWEST_IN_BIN), Math.ceil(sentMs / 250)));
  const binMs = sentMs / length;
  const counts = (times: readonly number[]): number[] => {
    const found = Array.from({ length }, () => 0);
    for (const ms of times) {
      const bin = Math.floor(ms / binMs);
      if (bin < length) found[bin] = (found[bin] ?? 0) + 1;
    }
    return found;
  };
  const perSecond = (times: readonly number[]): number[] => counts(times).map((count) => (count * 1_000) / binMs);
  const all = finished(samples);
  const good = all.filter((i) => causeOf(samples, i) === null);
  return {
    seconds: binMs / 1_000,
    offered: perSecond([...samples.dueMs.subarray(0, samples.started)]),
    good: perSecond(good.map((i) => (samples.dueMs[i] ?? 0) + (samples.latencyMs[i] ?? 0))),
    errors: errorsOf(samples, all, counts),
  };
}

/** Until the next request would have been due. */
function sentMsOf({ dueMs, started }: Samples): number {
  const last = dueMs[started - 1] ?? 0;
  return Math.max(1, last + last / Math.max(1, started - 1));
}

function errorsOf(
  samples: Samples,
  all: readonly number[],
  counts: (times: readonly number[]) => number[],
): Bins["errors"] {
  return errorCauses
    .map((cause) => ({ cause, at: all.filter((i) => causeOf(samples, i) === cause).map((i) => samples.dueMs[i] ?? 0) }))
    .filter(({ at }) => at.length > 0)
    .map(({ cause, at }) => ({ cause, total: at.length, counts: counts(at) }))
    .toSorted((a, b) => b.total - a.total);
}
