import { duration, figure } from "../figures.ts";
import { causeOf, finished, type Samples } from "../samples.ts";
import { marksAcross } from "./chart-marks.ts";
import { logRange, type Mark } from "./series.ts";
import { acrossPlot, chartSvg, linearAxis, logAxis, plot, upPlot, type Axis } from "./svg.ts";
import { counted } from "./words.ts";

/** A dot is this many units wide. Requests that fall on the same one are drawn once, so that 100,000 stay a small file. */
const DOT = 2;

interface TimeChart {
  id: string;
  title: string;
  of: "latencyMs" | "firstTokenMs";
  marks: readonly Mark[];
}

/** Each request as a dot, by when it was due and how long it took; errors as red ticks; limits as lines. */
export function timeChart(samples: Samples, { id, title, of, marks }: TimeChart): string {
  const all = finished(samples);
  const times = all.map((i) => samples[of][i] ?? 0);
  const lastMs = samples.dueMs[samples.started - 1] ?? 0;
  const x = linearAxis([0, Math.max(lastMs, 1) / 1_000], acrossPlot);
  const y = logAxis(logRange([times, marks.map(({ ms }) => ms)]), upPlot);
  const cells = cellsOf(samples, all, of, { x, y });
  const description = `${counted(all.length, "request")} over ${duration(lastMs)}, ${counted(cells.errors, "error")}; from ${figure(Math.min(...range(times)), "ms")} to ${figure(Math.max(...range(times)), "ms")}.`;
  const size = all.length < FEW ? "few" : "many";
  const body = `<g class="${size}">${dots(cells.good)}</g><path class="error-tick" d="${ticks(cells.bad)}"/>${marksAcross(marks, y)}`;
  return chartSvg({ id, title, description, x, y, body });
}

/** Smallest and largest, without spreading an array of 100,000 over a call. */
function range(values: readonly number[]): [number, number] {
  return values.reduce<[number, number]>(
    ([lo, hi], value) => [Math.min(lo, value), Math.max(hi, value)],
    [Infinity, 0],
  );
}

interface Cells {
  /** Requests on each dot of the plot. */
  good: Map<number, number>;
  bad: Set<number>;
  errors: number;
}

const columns = Math.ceil(plot.width / DOT);

function cellsOf(samples: Samples, all: readonly number[], of: TimeChart["of"], { x, y }: { x: Axis; y: Axis }): Cells {
  const cells: Cells = { good: new Map(), bad: new Set(), errors: 0 };
  for (const i of all) {
    const isError = causeOf(samples, i) !== null;
    // An error has no first token: what is known of it is how long it took.
    const ms = (isError ? samples.latencyMs : samples[of])[i] ?? 0;
    const cell = Math.round(y.at(ms) / DOT) * columns + Math.round(x.at((samples.dueMs[i] ?? 0) / 1_000) / DOT);
    if (isError) {
      cells.errors++;
      cells.bad.add(cell);
    } else cells.good.set(cell, (cells.good.get(cell) ?? 0) + 1);
  }
  return cells;
}

/** Fewer requests than this get larger dots. */
const FEW = 2_000;

/** Three shades: a dot for one request, for a few, for many. */
function dots(good: ReadonlyMap<number, number>): string {
  const shades: number[][] = [[], [], []];
  for (const [cell, count] of good) shades[count === 1 ? 0 : count < 5 ? 1 : 2]?.push(cell);
  return shades
    .map((cells, i) => (cells.length === 0 ? "" : `<path class="dot dot-${i}" d="${rows(cells)}"/>`))
    .join("");
}

/** Dots that touch in a row are one line, which halves the file of a dense run. */
function rows(cells: readonly number[]): string {
  const sorted = cells.toSorted((a, b) => a - b);
  const starts = sorted.filter((cell, i) => sorted[i - 1] !== cell - 1);
  const ends = sorted.filter((cell, i) => sorted[i + 1] !== cell + 1);
  return starts.map((cell, i) => `M${placeOf(cell).join(" ")}h${((ends[i] ?? cell) - cell) * DOT}`).join("");
}

function ticks(bad: ReadonlySet<number>): string {
  return [...bad]
    .map((cell) => [placeOf(cell)[0], placeOf(cell)[1] - 4])
    .map(([x, y]) => `M${x} ${y}v8`)
    .join("");
}

function placeOf(cell: number): [x: number, y: number] {
  return [(cell % columns) * DOT, Math.floor(cell / columns) * DOT];
}
