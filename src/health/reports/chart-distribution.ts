import { figure } from "../figures.ts";
import { intervalBands, marksUpright } from "./chart-marks.ts";
import { countBelow, logRange, type Mark } from "./series.ts";
import {
  acrossPlot,
  chartSvg,
  countAxis,
  linearAxis,
  linePath,
  logAxis,
  plot,
  round,
  upPlot,
  type Axis,
} from "./svg.ts";

/** A line of a distribution: its name for the legend, its class for the colour. */
export interface Curve {
  name: string;
  class: string;
  /** ms; Infinity is an error. */
  ascending: Float64Array;
}

const BARS = 53;

/** How many requests took how long, on a log axis. Errors are not drawn: they have no time. */
export function histogram(id: string, title: string, ascending: Float64Array, marks: readonly Mark[]): string {
  const x = timeAxis([ascending], marks);
  const edges = Array.from({ length: BARS + 1 }, (_, i) => x.lo * (x.hi / x.lo) ** (i / BARS));
  const counts = edges.slice(1).map((edge, i) => countBelow(ascending, edge) - countBelow(ascending, edges[i] ?? 0));
  const y = countAxis(Math.max(1, ...counts) * 1.25, upPlot);
  const bars = counts
    .map((count, i) =>
      count === 0
        ? ""
        : `M${round(x.at(edges[i] ?? 0) + 0.5)} ${plot.bottom}V${round(y.at(count))}H${round(x.at(edges[i + 1] ?? 0) - 0.5)}V${plot.bottom}z`,
    )
    .join("");
  const body = `${intervalBands(marks, x)}<path class="bar now" d="${bars}"/>${marksUpright(marks, x, "top")}`;
  const good = ascending.filter(Number.isFinite);
  const description = `${good.length} times from ${figure(good[0] ?? null, "ms")} to ${figure(good.at(-1) ?? null, "ms")}, half of them below ${figure(good[good.length >> 1] ?? null, "ms")}.`;
  return chartSvg({ id, title, description, x, y, body });
}

/** The share of requests that were answered within a time. A curve that ends below 100 % had errors. */
export function ecdf(id: string, title: string, curves: readonly Curve[], marks: readonly Mark[]): string {
  const x = timeAxis(
    curves.map(({ ascending }) => ascending),
    marks,
  );
  const y = linearAxis([0, 1], upPlot);
  const lines = curves.map(
    (curve) => `<path class="line ${curve.class}" d="${curvePath(curve.ascending, { x, y })}"/>`,
  );
  const body = `${lines.join("")}${marksUpright(marks, x, "bottom")}${intervalBars(marks, { x, y })}`;
  const description = curves.map((curve) => describe(curve)).join(" ");
  return chartSvg({ id, title, description, x, y, tickY: (share) => String(Math.round(share * 100)), body });
}

function timeAxis(series: readonly Float64Array[], marks: readonly Mark[]): Axis {
  return logAxis(logRange([...series, marks.map(({ ms }) => ms)]), acrossPlot);
}

interface Axes {
  x: Axis;
  y: Axis;
}

/** A point for every two units of width: finer than a pixel of the screen, and small however many samples there are. */
function curvePath(ascending: Float64Array, { x, y }: Axes): string {
  const steps = (plot.right - plot.left) / 2;
  const points = Array.from({ length: steps + 1 }, (_, i): [number, number] => {
    const ms = x.lo * (x.hi / x.lo) ** (i / steps);
    return [x.at(ms), y.at(countBelow(ascending, ms) / Math.max(1, ascending.length))];
  });
  return linePath(points);
}

/** The 95 % interval of each limit's quantile, at its height. */
function intervalBars(marks: readonly Mark[], { x, y }: Axes): string {
  return marks
    .filter(({ q, interval: [lo, hi] }) => q !== null && (lo !== null || hi !== null))
    .map(({ q, interval: [lo, hi] }) => {
      const at = round(y.at(q ?? 0));
      const [from, to] = [round(x.at(lo ?? x.lo)), round(x.at(hi ?? x.hi))];
      const ends = [...(lo === null ? [] : [from]), ...(hi === null ? [] : [to])]
        .map((end) => `M${end} ${at - 5}v10`)
        .join("");
      return `<path class="interval" d="M${from} ${at}H${to}${ends}"/>`;
    })
    .join("");
}

function describe({ name, ascending }: Curve): string {
  const at = (q: number): string => figure(ascending[Math.ceil(q * ascending.length) - 1] ?? null, "ms");
  return `${name}: half within ${at(0.5)}, 95 % within ${at(0.95)}.`;
}
