import type { Check } from "../document.ts";
import { causeOf, finished, type Samples } from "../samples.ts";
import { metrics, type Limit } from "../slo.ts";

/** Times in ms that have an outcome, ascending; an error is Infinity, since whoever got it still waits. */
export function ascendingMs(
  samples: Samples,
  of: "latencyMs" | "firstTokenMs",
  probe: number | null = null,
): Float64Array {
  const all = finished(samples, probe);
  return Float64Array.from(all, (i) => (causeOf(samples, i) === null ? (samples[of][i] ?? 0) : Infinity)).toSorted();
}

/** How many of the ascending values are below x. */
export function countBelow(ascending: Float64Array, x: number): number {
  let [lo, hi] = [0, ascending.length];
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if ((ascending[middle] ?? Infinity) < x) lo = middle + 1;
    else hi = middle;
  }
  return lo;
}

/** A limit on a time of requests, as a chart marks it. */
export interface Mark {
  label: string;
  ms: number;
  /** The share of requests that has to be below; null for the maximum. */
  q: number | null;
  /** Of the measured quantile, 95 %. */
  interval: Check["interval"];
}

/** The limits on latency (or on the first token) that are about all requests. */
export function marksOf(limits: readonly Limit[], checks: readonly Check[], of: "latencyMs" | "firstTokenMs"): Mark[] {
  return limits.flatMap(({ key, value, probe }) => {
    const { name, metric } = metrics[key];
    const isMaximum = metric.kind === "maximum" && of === "latencyMs";
    if (probe !== null || !(isMaximum || (metric.kind === "quantile" && metric.of === of))) return [];
    const found = checks.find((check) => check.probe === null && check.name === name);
    const q = metric.kind === "quantile" ? metric.q : null;
    return [{ label: `${name} limit`, ms: value, q, interval: found?.interval ?? [null, null] }];
  });
}

/** Round numbers of a decade, from fine to coarse. */
const decades: readonly (readonly number[])[] = [
  Array.from({ length: 90 }, (_, i) => (10 + i) / 10),
  [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9],
  [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8],
  [1, 1.5, 2, 3, 5, 7],
  [1, 2, 5],
  [1],
];

/** Round edges on a log axis around lo and hi, with as many steps as fit in `most`. Ascending, both ends covered. */
export function logEdges(lo: number, hi: number, most: number): number[] {
  const ladders = decades.map((steps) => ladder(steps, lo, hi));
  return ladders.find((edges) => edges.length <= most + 1) ?? ladders.at(-1) ?? [lo, hi];
}

function ladder(steps: readonly number[], lo: number, hi: number): number[] {
  const from = Math.floor(Math.log10(lo));
  const to = Math.ceil(Math.log10(hi)) + 1;
  const all = Array.from({ length: to - from + 1 }, (_, k) =>
    steps.map((step) => Number((step * 10 ** (from + k)).toPrecision(3))),
  ).flat();
  const first = all.findLastIndex((edge) => edge <= lo);
  const last = all.findIndex((edge) => edge > hi);
  return all.slice(Math.max(0, first), last === -1 ? undefined : last + 1);
}

/** Round numbers within a range for a log axis, about `most` of them at most: 1-2-5 if that gives three. */
export function logTicks(lo: number, hi: number, most: number): number[] {
  const within = decades.map((steps) => ladder(steps, lo, hi).filter((edge) => edge >= lo && edge <= hi));
  const [oneTwoFive = [], tens = []] = within.slice(-2);
  if (oneTwoFive.length > most) return tens;
  if (oneTwoFive.length >= 3) return oneTwoFive;
  return within.find((ticks) => ticks.length <= most) ?? tens;
}

/** The range of positive times, widened a little, for an axis: at least a factor of 2. */
export function logRange(values: readonly (Float64Array | readonly number[])[]): [lo: number, hi: number] {
  let [lo, hi] = [Infinity, 0];
  for (const value of values.flatMap((each) => [...each])) {
    if (!Number.isFinite(value) || value <= 0) continue;
    lo = Math.min(lo, value);
    hi = Math.max(hi, value);
  }
  if (hi === 0) return [1, 10];
  const spread = Math.max(1.1, Math.sqrt(2 / (hi / lo)));
  return [lo / spread, hi * spread];
}
