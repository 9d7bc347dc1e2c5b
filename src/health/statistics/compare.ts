import type { Comparison } from "../document.ts";
import { moreBad, type Share } from "./fisher.ts";
import { largerByRank, ratioByRank } from "./rank-test.ts";
import { finiteOrNull, quantile, quantileInterval, shareInterval, type Interval, type Verdict } from "./statistics.ts";

/** The chance of calling any of the three figures worse when nothing has changed. */
const ALPHA = 0.05;
/**
 * By how much the error rate may be higher (one percentage point, the default limit of an error rate) for "no higher" to be
 * said. A relative tolerance would say nothing about a baseline without errors.
 */
const ERROR_MARGIN = 0.01;

/** What a comparison needs of a run. */
export interface RunFigures {
  /** Ascending; errors are Infinity. */
  latencyMs: Float64Array;
  errors: number;
  n: number;
  /** How many slow requests, those over the p95, come together (see burstLength); 1 when that is not known. */
  slowBurst?: number;
  /** The same for errors. */
  errorBurst?: number;
}

type Check = Comparison["checks"][number];
/** A check before its verdict. `change` and the ends of the interval may be NaN or infinite. */
interface Change extends Pick<Check, "name" | "unit" | "baseline" | "actual" | "pValue"> {
  change: number;
  interval: [lo: number, hi: number];
}

/**
 * Is this run worse than the baseline, a run of the same load shape? Three one-sided tests, Holm-corrected together: the
 * latency as a whole (Mann–Whitney, which is nearly blind to the tail), the share over the baseline's p95 (Fisher, which
 * for a limit that is itself an order statistic is exact), and the error rate (Fisher).
 * Slower is a fail when it is significant and at or over the tolerance, a pass when the interval of the change ends below the
 * tolerance. More errors are a fail when that is significant, whatever the tolerance; a pass when the interval of the
 * difference ends below one percentage point. All else is inconclusive, so are runs without samples.
 * The rank test takes requests as independent: latencies that drift during a run make it call changes significant too soon,
 * which is one more reason for the tolerance.
 * @param tolerance fraction by which a time may get longer
 */
export function compareRuns(baseline: RunFigures, now: RunFigures, tolerance: number): Check[] {
  const changes = [compareLatency(baseline, now), compareP95(baseline, now), compareErrors(baseline, now)];
  const pValues = holm(changes.map(({ pValue }) => pValue));
  return changes.map((change, i) => judge({ ...change, pValue: pValues[i] ?? 1 }, tolerance));
}

function compareLatency(baseline: RunFigures, now: RunFigures): Change {
  const { ratio, interval } = ratioByRank(baseline.latencyMs, now.latencyMs);
  const medians = [quantile(baseline.latencyMs, 0.5), quantile(now.latencyMs, 0.5)] as const;
  return {
    ...timesOf("latency", medians),
    change: ratio - 1,
    interval: [interval[0] - 1, interval[1] - 1],
    pValue: largerByRank(baseline.latencyMs, now.latencyMs),
  };
}

function compareP95(baseline: RunFigures, now: RunFigures): Change {
  const p95s = [quantile(baseline.latencyMs, 0.95), quantile(now.latencyMs, 0.95)] as const;
  const logs = [baseline, now].map(({ latencyMs, slowBurst }) =>
    endsOf(quantileInterval(latencyMs, 0.95, slowBurst)).map(Math.log),
  );
  const [lo, hi] = differenceEnds(Math.log(p95s[0]), logs[0], Math.log(p95s[1]), logs[1]);
  return {
    ...timesOf("p95", p95s),
    change: p95s[1] / p95s[0] - 1,
    interval: [Math.exp(lo) - 1, Math.exp(hi) - 1],
    pValue: moreBad(slowerThan(p95s[0], baseline), slowerThan(p95s[0], now)),
  };
}

function compareErrors(baseline: RunFigures, now: RunFigures): Change {
  const rates = [baseline.errors / baseline.n, now.errors / now.n] as const;
  const ends = [baseline, now].map(({ errors, n, errorBurst }) => endsOf(shareInterval(errors, n, errorBurst)));
  return {
    name: "error rate",
    unit: "fraction",
    baseline: finiteOrNull(rates[0]),
    actual: finiteOrNull(rates[1]),
    change: rates[1] - rates[0],
    interval: differenceEnds(rates[0], ends[0], rates[1], ends[1]),
    pValue: moreBad(errorsOf(baseline), errorsOf(now)),
  };
}

function timesOf(
  name: "latency" | "p95",
  [baseline, actual]: readonly [number, number],
): Pick<Change, "name" | "unit" | "baseline" | "actual"> {
  return { name, unit: "ms", baseline: finiteOrNull(baseline), actual: finiteOrNull(actual) };
}

function slowerThan(limitMs: number, run: RunFigures): Share {
  return inBursts(run.latencyMs.filter((ms) => ms > limitMs).length, run.n, run.slowBurst);
}

function errorsOf({ errors, n, errorBurst }: RunFigures): Share {
  return inBursts(errors, n, errorBurst);
}

/** Bursts instead of requests, in whole numbers as Fisher's test counts. */
function inBursts(bad: number, n: number, burst = 1): Share {
  return { bad: Math.round(bad / burst), n: Math.round(n / burst) };
}

/** Unknown ends are NaN from here on, so that whatever is computed with them is unknown too. */
function endsOf([lo, hi]: Interval): [lo: number, hi: number] {
  return [lo ?? Number.NaN, hi ?? Number.NaN];
}

/**
 * The 95 % interval of a difference from those of its two parts (MOVER: Zou and Donner, Statistics in Medicine 27, 2008;
 * for shares Newcombe's method 10).
 */
function differenceEnds(
  from: number,
  [fromLo = Number.NaN, fromHi = Number.NaN]: readonly number[] = [],
  to: number,
  [toLo = Number.NaN, toHi = Number.NaN]: readonly number[] = [],
): [lo: number, hi: number] {
  const difference = to - from;
  return [difference - Math.hypot(to - toLo, fromHi - from), difference + Math.hypot(toHi - to, from - fromLo)];
}

/** Holm's step-down correction: the smallest p times how many there are, the next times one fewer … */
function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).toSorted((a, b) => (pValues[a] ?? 1) - (pValues[b] ?? 1));
  const corrected = pValues.slice();
  let largest = 0;
  for (const [rank, i] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues[i] ?? 1) * (pValues.length - rank)));
    corrected[i] = largest;
  }
  return corrected;
}

function judge(measured: Change, tolerance: number): Check {
  const { name, unit, baseline, actual, pValue, change, interval: ends } = measured;
  const isError = name === "error rate";
  const isKnown = !Number.isNaN(change) && baseline !== null;
  const isWorse = isKnown && pValue <= ALPHA && (isError ? change > 0 : change >= tolerance);
  const isSame = isKnown && ends[1] < (isError ? ERROR_MARGIN : tolerance);
  const verdict: Verdict = isWorse ? "fail" : isSame ? "pass" : "inconclusive";
  const interval: Interval = isKnown ? [finiteOrNull(ends[0]), finiteOrNull(ends[1])] : [null, null];
  const check = {
    name,
    unit,
    baseline,
    actual,
    change: isKnown ? finiteOrNull(change) : null,
    interval,
    pValue,
    verdict,
  };
  return { ...check, text: textOf(check) };
}

function textOf({ name, baseline, actual, interval, verdict }: Omit<Check, "text">): string {
  const [worse, unit] = name === "error rate" ? ["higher", "percentage points"] : ["slower", "%"];
  if (baseline === null) return `${name}: the baseline has none to compare with`;
  if (verdict === "fail" && actual === null) return `${name} falls among the errors`;
  const [lo, hi] = interval;
  if (lo === null && hi === null) return `${name}: too few requests to compare`;
  if (verdict === "fail" && lo !== null && hi !== null && lo > 0) {
    return `${name} ${worse} by ${points(lo)}–${points(hi)} ${unit}`;
  }
  const claim = { pass: `no ${worse}`, fail: worse, inconclusive: "not decided" }[verdict];
  return `${name} ${claim}: ${rangeOf(interval, unit)}`;
}

function rangeOf([lo, hi]: Interval, unit: string): string {
  if (hi === null) return `${signed(lo ?? 0)} ${unit} or more`;
  return lo === null ? `${signed(hi)} ${unit} or less` : `${signed(lo)} to ${signed(hi)} ${unit}`;
}

/** A fraction in hundredths, with the sign: +12, −3, +0.4. */
function signed(fraction: number): string {
  const sign = fraction < 0 ? "−" : "+";
  return points(fraction) === "0" ? "0" : `${sign}${points(fraction)}`;
}

/** A fraction in hundredths, without the sign, to two digits. */
function points(fraction: number): string {
  const hundredths = Math.abs(fraction * 100);
  return hundredths >= 10 ? hundredths.toFixed(0) : String(Number(hundredths.toPrecision(2)));
}
