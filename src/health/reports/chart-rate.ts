import { figure } from "../figures.ts";
import type { Bins } from "./bins.ts";
import { acrossPlot, chartSvg, countAxis, linearAxis, linePath, plot, round, upPlot, type Axis } from "./svg.ts";

/** More causes than colours share the last one. */
export const ERROR_COLOURS = 6;

/** Requests that were due and good answers that came, a second. */
export function rateChart({ seconds, offered, good }: Bins): string {
  const [x, y] = axes(seconds, offered.length, Math.max(...offered, ...good));
  const area = steps(good, seconds, { x, y });
  const body = [
    `<path class="area" d="${area}V${plot.bottom}H${plot.left}z"/>`,
    `<path class="line" d="${area}"/>`,
    `<path class="line offered" d="${steps(offered, seconds, { x, y })}"/>`,
  ].join("");
  const description = `Good answers from ${figure(Math.min(...good), "1/s")} to ${figure(Math.max(...good), "1/s")}, offered up to ${figure(Math.max(...offered), "1/s")}.`;
  return chartSvg({ id: "rate", title: "Offered and achieved rate", description, x, y, body });
}

/** Errors of each cause, stacked, by when the requests were due. */
export function errorChart({ seconds, errors }: Bins): string {
  const count = errors[0]?.counts.length ?? 1;
  const sums = Array.from({ length: count }, (_, bin) =>
    errors.reduce((sum, { counts }) => sum + (counts[bin] ?? 0), 0),
  );
  const [x, y] = axes(seconds, count, Math.max(...sums));
  const base = sums.map(() => 0);
  const body = errors
    .map(
      ({ counts }, k) =>
        `<path class="bar e${Math.min(k, ERROR_COLOURS - 1)}" d="${stack(counts, base, seconds, { x, y })}"/>`,
    )
    .join("");
  const description = errors.map(({ cause, total }) => `${cause}: ${total}`).join(", ");
  return chartSvg({ id: "errors", title: "Errors by cause", description, x, y, body });
}

interface Axes {
  x: Axis;
  y: Axis;
}

function axes(seconds: number, count: number, most: number): [Axis, Axis] {
  return [linearAxis([0, seconds * count], acrossPlot), countAxis(Math.max(1, most) * 1.08, upPlot)];
}

function steps(values: readonly number[], seconds: number, { x, y }: Axes): string {
  return linePath(
    values.flatMap((value, i): [number, number][] => [
      [x.at(i * seconds), y.at(value)],
      [x.at((i + 1) * seconds), y.at(value)],
    ]),
  );
}

/** The bars of one cause on those of the causes before, whose heights `base` holds and this raises. */
function stack(counts: readonly number[], base: number[], seconds: number, { x, y }: Axes): string {
  return counts
    .map((count, i) => {
      const from = base[i] ?? 0;
      if (count === 0) return "";
      base[i] = from + count;
      const [left, right] = [round(x.at(i * seconds) + 0.5), round(x.at((i + 1) * seconds) - 0.5)];
      return `M${left} ${round(y.at(from))}H${right}V${round(y.at(from + count))}H${left}z`;
    })
    .join("");
}
