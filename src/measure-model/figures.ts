import { streamFigures } from "../health/requests/stream.ts";
import { causeOf, finished, type Samples } from "../health/samples.ts";
import { quantile } from "../health/statistics/statistics.ts";

/** What requests to a warm function took. */
export interface LoadFigures {
  /** Answers that the figures are of. */
  requests: number;
  /** Of those, streams without content: the model spent its tokens on thinking, or ended at once. */
  empty: number;
  failed: number;
  /** The first failure in words; null when there was none. */
  failure: string | null;
  p95Ms: number;
  /** Of streams with content: p95, to the first of it. */
  firstTokenMs: number | null;
  /** Of streams with content: the median of what each answer was written with. */
  tokensPerSecond: number | null;
  /** Of streams: the mean, as the answers count them. */
  tokensOut: number | null;
}

/** Sums up a run. Times in ms; p95 is the slowest one where there are less than 20. NaN without answers. */
export function figuresOf(samples: Samples): LoadFigures {
  const all = finished(samples);
  const full = all.filter((i) => causeOf(samples, i) === null);
  // Nothing to read, and written all the same: the time is that of the model.
  const empty = all.filter((i) => causeOf(samples, i) === "empty-completion");
  const failure = [...samples.firstFailure].find(([cause]) => cause !== "empty-completion");
  const isStream = samples.streams.length > 0 && full.length > 0;
  const written = samples.streams.flatMap(({ outputTokens }) => (outputTokens === null ? [] : [outputTokens]));
  return {
    requests: full.length + empty.length,
    empty: empty.length,
    failed: all.length - full.length - empty.length,
    failure: failure === undefined ? null : `${failure[0]}: ${failure[1].text}`,
    p95Ms: p95([...full, ...empty].map((i) => samples.latencyMs[i] ?? Number.NaN)),
    firstTokenMs: isStream ? p95(full.map((i) => samples.firstTokenMs[i] ?? Number.NaN)) : null,
    tokensPerSecond: streamFigures(samples.streams)?.tokensPerSecond.p50 ?? null,
    tokensOut: written.length === 0 ? null : written.reduce((sum, tokens) => sum + tokens, 0) / written.length,
  };
}

function p95(values: readonly number[]): number {
  return quantile(Float64Array.from(values).toSorted(), 0.95);
}
