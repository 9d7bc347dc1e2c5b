import { logTicks } from "./series.ts";
import { attributes, escapeXml } from "./xml.ts";

/** The plot of every chart, in units of its viewBox: the same for all, so that they line up. */
export const plot = { width: 600, height: 270, left: 58, right: 588, top: 14, bottom: 238 } as const;

export interface Axis {
  /** The place of a value; what lies outside of the axis is put on its end. */
  at: (value: number) => number;
  ticks: readonly number[];
  lo: number;
  hi: number;
}

/** Whole steps from 0 to `hi`, for counts. */
export function countAxis(hi: number, ends: readonly [number, number]): Axis {
  const axis = linearAxis([0, hi], ends);
  return { ...axis, ticks: axis.ticks.filter(Number.isInteger) };
}

/** Equal steps from `lo` to `hi`, drawn between two places. */
export function linearAxis([lo, hi]: readonly [number, number], [from, to]: readonly [number, number]): Axis {
  const at = (value: number): number => from + clamp((value - lo) / (hi - lo)) * (to - from);
  return { at, ticks: linearTicks(lo, hi), lo, hi };
}

/** Equal ratios from `lo` (above 0) to `hi`, drawn between two places. */
export function logAxis([lo, hi]: readonly [number, number], [from, to]: readonly [number, number]): Axis {
  const at = (value: number): number =>
    from + clamp(Math.log(Math.max(value, lo) / lo) / Math.log(hi / lo)) * (to - from);
  return { at, ticks: logTicks(lo, hi, 7), lo, hi };
}

export const acrossPlot = [plot.left, plot.right] as const;
export const upPlot = [plot.bottom, plot.top] as const;

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}

/** At most 6 round numbers within the range. */
function linearTicks(lo: number, hi: number): number[] {
  const rough = (hi - lo) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? rough;
  const first = Math.ceil(lo / step);
  const count = Math.floor(hi / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(6)));
}

export interface Chart {
  /** Differs from that of every other chart of the page. */
  id: string;
  title: string;
  /** What there is to see, for who cannot see it. */
  description: string;
  x: Axis;
  y: Axis;
  /** Writes a tick; its number alone by default. */
  tickX?: (value: number) => string;
  tickY?: (value: number) => string;
  /** SVG, already escaped. */
  body: string;
}

/** One chart as inline SVG that scales to the width it gets. */
export function chartSvg({ id, title, description, x, y, tickX = String, tickY = String, body }: Chart): string {
  const lines = [
    ...y.ticks.map((tick) => `<path class="grid" d="M${plot.left} ${round(y.at(tick))}H${plot.right}"/>`),
    ...x.ticks.map((tick) => `<path class="grid" d="M${round(x.at(tick))} ${plot.top}V${plot.bottom}"/>`),
    ...y.ticks.map((tick) => text({ x: plot.left - 6, y: y.at(tick) + 4, class: "tick end" }, tickY(tick))),
    ...x.ticks.map((tick) => text({ x: x.at(tick), y: plot.bottom + 20, class: "tick middle" }, tickX(tick))),
  ];
  return [
    `<svg role="img" aria-labelledby="${id}-t ${id}-d" viewBox="0 0 ${plot.width} ${plot.height}">`,
    `<title id="${id}-t">${escapeXml(title)}</title><desc id="${id}-d">${escapeXml(description)}</desc>`,
    ...lines,
    body,
    `<path class="axis" d="M${plot.left} ${plot.top}V${plot.bottom}H${plot.right}"/></svg>`,
  ].join("");
}

/** A label. Places are rounded; what it says is escaped. */
export function text(place: { x: number; y: number; class: string }, words: string): string {
  const { x, y } = place;
  return `<text${attributes({ x: round(x), y: round(y), class: place.class })}>${escapeXml(words)}</text>`;
}

/** To a tenth of a unit: finer than a pixel. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A line through the points, as path data; points that stay at the last place are left out. */
export function linePath(points: readonly (readonly [x: number, y: number])[]): string {
  let last = "";
  return points
    .map(([x, y], i) => {
      const place = `${round(x)} ${round(y)}`;
      const isNew = place !== last;
      last = place;
      return isNew ? `${i === 0 ? "M" : "L"}${place}` : "";
    })
    .join("");
}
