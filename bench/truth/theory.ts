import type { LogLine } from "./server.ts";
import { seeded } from "./random.ts";
import type { Way } from "./way.ts";
import { FREEZE_MS, type Fate, type Row } from "./rows.ts";

const ARRIVALS = 600_000;
/** How often a sample of the run's size is drawn for the mean width of its interval. */
const SAMPLES = 300;

/** What users see of one row. Times ascending, in ms; those who get no good answer are Infinity, last. */
export interface Truth {
  latencyMs: Float64Array;
  firstTokenMs: Float64Array;
  errorRate: number;
}

/** Arrivals a second, and requests of a run. */
export interface RunSize {
  rate: number;
  requests: number;
}

/** Beyond that a server that freezes is late because of it; the freeze and the queue after it are drawn separately. */
const LATE_WITHOUT_FREEZE_MS = 20;

/** How late (or, under 0, early) the server's timers were, in ms: Node's have a resolution of 1 ms. */
export function lateness(row: Row, log: readonly LogLine[]): number[] {
  const late = log.flatMap(({ ms, realMs }) => (realMs === null ? [] : [realMs - ms]));
  return row.freezeMs === 0 ? late : late.filter((ms) => ms < LATE_WITHOUT_FREEZE_MS);
}

/** What a machine adds to the fates that are drawn, as measured; one of each is drawn with each fate. */
export interface Additions {
  lateMs: readonly number[];
  way: Way;
}

/** Users who arrive at random moments of a run, from the known distribution and what the machine adds. */
export function drawTruth(row: Row, { lateMs, way }: Additions, { rate, requests }: RunSize): Truth {
  const random = seeded(requests);
  const windowMs = (requests / rate) * 1_000;
  // Those who came during the freeze are taken in one after the other.
  const queueMs = (arrivedMs: number): number => (arrivedMs / 1_000) * rate * way.queuedMs;
  const latencyMs = new Float64Array(ARRIVALS);
  const firstTokenMs = new Float64Array(ARRIVALS);
  let bad = 0;
  for (let i = 0; i < ARRIVALS; i++) {
    const fate = row.fate(random);
    const added = oneOf(lateMs, random) + oneOf(way.ms, random);
    const isGood = fate.kind === "good";
    if (!isGood) bad++;
    const waited = row.freezeMs === 0 ? fate.ms : throughFreeze(fate, random() * windowMs, windowMs, queueMs);
    latencyMs[i] = isGood ? waited + added : Infinity;
    firstTokenMs[i] = isGood ? fate.firstTokenMs + added : Infinity;
  }
  return { latencyMs: latencyMs.toSorted(), firstTokenMs: firstTokenMs.toSorted(), errorRate: bad / ARRIVALS };
}

function oneOf(values: readonly number[], random: () => number): number {
  return values[Math.floor(random() * values.length)] ?? 0;
}

/** Who arrives during the freeze is served after it; an answer that is ready during it leaves at its end. */
function throughFreeze(
  { ms }: Fate,
  arrivedAt: number,
  windowMs: number,
  queueMs: (arrivedMs: number) => number,
): number {
  const from = (windowMs - FREEZE_MS) / 2;
  const until = from + FREEZE_MS;
  if (arrivedAt >= from && arrivedAt < until) return until - arrivedAt + queueMs(arrivedAt - from) + ms;
  const readyAt = arrivedAt + ms;
  return arrivedAt < from && readyAt > from && readyAt < until ? until - arrivedAt : ms;
}

/** The q quantile of ascending values. */
export function quantileOf(ascending: Float64Array, q: number): number {
  return ascending[Math.min(ascending.length - 1, Math.max(0, Math.ceil(ascending.length * q) - 1))] ?? Number.NaN;
}

/**
 * The ranks (from 1) between which the q quantile of n independent draws lies with this confidence.
 * The exact interval of order statistics; n + 1 or 0 means that there is no bound.
 */
export function ranks(n: number, q: number, confidence = 0.95): [lo: number, hi: number] {
  const tail = (1 - confidence) / 2;
  const cumulated = binomialCdf(n, q);
  const lo = cumulated.findIndex((p) => p > tail);
  const hi = cumulated.findIndex((p) => p >= 1 - tail) + 1;
  return [lo, hi];
}

/** P(at most k of n) for each k. */
function binomialCdf(n: number, p: number): Float64Array {
  const cdf = new Float64Array(n + 1);
  if (p <= 0 || p >= 1) return cdf.fill(p <= 0 ? 1 : 0, 0, n).fill(1, n);
  let logTerm = n * Math.log1p(-p);
  let sum = 0;
  for (let k = 0; k <= n; k++) {
    sum += Math.exp(logTerm);
    cdf[k] = Math.min(1, sum);
    logTerm += Math.log((n - k) / (k + 1)) + Math.log(p / (1 - p));
  }
  return cdf;
}

/**
 * Mean width in ms of the exact interval for the q quantile of n independent draws.
 * @returns null when some samples of that size give no upper bound, because it lies among the errors
 */
export function quantileWidth(truth: Float64Array, n: number, q: number, seed: number): number | null {
  const [lo, hi] = ranks(n, q);
  if (lo < 1 || hi > n) return null;
  const random = seeded(seed);
  let sum = 0;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const drawn = Float64Array.from({ length: n }, () => truth[Math.floor(random() * truth.length)] ?? 0).toSorted();
    sum += (drawn[hi - 1] ?? Infinity) - (drawn[lo - 1] ?? 0);
  }
  return Number.isFinite(sum) ? sum / SAMPLES : null;
}

/** The 95 % interval of Clopper and Pearson for a share. */
export function clopperPearson(bad: number, n: number): [lo: number, hi: number] {
  const lo = bad === 0 ? 0 : bisect((p) => 1 - (binomialCdf(n, p)[bad - 1] ?? 0) > 0.025);
  const hi = bad === n ? 1 : bisect((p) => (binomialCdf(n, p)[bad] ?? 0) < 0.025);
  return [lo, hi];
}

/** The smallest p from 0 to 1 for which `above` holds. */
function bisect(above: (p: number) => boolean): number {
  let [lo, hi] = [0, 1];
  for (let i = 0; i < 40; i++) {
    const middle = (lo + hi) / 2;
    if (above(middle)) hi = middle;
    else lo = middle;
  }
  return hi;
}
