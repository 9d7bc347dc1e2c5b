import { figure } from "../figures.ts";
import type { Mark } from "./series.ts";
import { plot, round, text, type Axis } from "./svg.ts";

/** Distance of two labels that would lie on each other; enough for the larger letters of a phone. */
const LINE = 20;

/** Limits as lines across, for a chart with the time of requests upwards; labels in turn at both ends, so that they keep apart. */
export function marksAcross(marks: readonly Mark[], y: Axis): string {
  return drawn(marks, y)
    .map(({ label, ms }, i) => {
      const at = round(y.at(ms));
      const isLeft = i % 2 === 1;
      // Below the line where there is no room above it.
      const above = at < plot.top + LINE ? 16 : -5;
      const place = {
        x: isLeft ? plot.left + 6 : plot.right - 4,
        y: at + above,
        class: isLeft ? "limit-label" : "limit-label end",
      };
      return `<path class="limit" d="M${plot.left} ${at}H${plot.right}"/>${text(place, `${label} ${figure(ms, "ms")}`)}`;
    })
    .join("");
}

/** Room that a label needs to the right of its line. */
const LABEL_WIDTH = 190;

/**
 * Limits as upright lines, for a chart with the time of requests to the right. The labels stand where the chart is empty: a histogram
 * at its top, a distribution, which rises to the right, at its bottom.
 */
export function marksUpright(marks: readonly Mark[], x: Axis, labels: "top" | "bottom"): string {
  return drawn(marks, x)
    .map(({ label, ms }, i) => {
      const at = round(x.at(ms));
      const isLeft = at > plot.right - LABEL_WIDTH;
      const y = labels === "top" ? plot.top + 16 + i * LINE : plot.bottom - 60 - i * LINE;
      const place = { x: at + (isLeft ? -6 : 6), y, class: isLeft ? "limit-label end" : "limit-label" };
      return `<path class="limit" d="M${at} ${plot.top}V${plot.bottom}"/>${text(place, `${label} ${figure(ms, "ms")}`)}`;
    })
    .join("");
}

/** The 95 % interval of each measured quantile as a band; a side without a bound reaches the end of the axis. */
export function intervalBands(marks: readonly Mark[], x: Axis): string {
  return marks
    .filter(({ interval: [lo, hi] }) => lo !== null || hi !== null)
    .map(({ interval: [lo, hi] }) => {
      const [from, to] = [round(x.at(lo ?? x.lo)), round(x.at(hi ?? x.hi))];
      return `<path class="band" d="M${from} ${plot.top}H${Math.max(to, from + 1)}V${plot.bottom}H${from}z"/>`;
    })
    .join("");
}

function drawn(marks: readonly Mark[], { lo, hi }: Axis): Mark[] {
  return marks.filter(({ ms }) => ms >= lo && ms <= hi).toSorted((a, b) => a.ms - b.ms);
}
