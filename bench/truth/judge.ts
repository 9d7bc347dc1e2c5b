import { median } from "../measure.ts";
import { figures, type Figure, type HealthJson } from "./ours.ts";
import { clopperPearson, quantileOf, quantileWidth, type Truth } from "./theory.ts";

/** A figure of the printed intervals over all runs. */
export interface Judged {
  figure: Figure;
  truth: number;
  /** Median of what was printed. */
  estimate: number | null;
  /** Runs whose interval holds the truth. */
  held: number;
  /** Mean width over what theory gives; null when a run printed no bound. */
  widthRatio: number | null;
}

export const SMALLEST_SHARE_HELD = 0.9;
export const LARGEST_WIDTH_RATIO = 2;

const quantiles = {
  p50: { of: "latencyMs", q: 0.5 },
  p95: { of: "latencyMs", q: 0.95 },
  p99: { of: "latencyMs", q: 0.99 },
  "first token p95": { of: "firstTokenMs", q: 0.95 },
} as const;

/**
 * Compares what was printed with the truth.
 * @param n requests of a run
 * @returns nothing for figures that the row does not have: a quantile among the errors has no number
 */
export function judgeRuns(truth: Truth, documents: readonly HealthJson[], n: number): Judged[] {
  return figures.flatMap((figure) => {
    const known = trueFigure(figure, truth, n);
    const printed = documents.flatMap(({ checks }) => checks.filter(({ name }) => name === figure));
    return known === null || printed.length === 0 ? [] : [compare(figure, known, printed)];
  });
}

interface Known {
  value: number;
  /** Mean width of the exact interval. */
  width: number;
}

function trueFigure(figure: Figure, truth: Truth, n: number): Known | null {
  if (figure === "error rate") {
    const [lo, hi] = clopperPearson(Math.round(truth.errorRate * n), n);
    return { value: truth.errorRate, width: hi - lo };
  }
  const { of, q } = quantiles[figure];
  const width = quantileWidth(truth[of], n, q, n);
  return width === null ? null : { value: quantileOf(truth[of], q), width };
}

function compare(figure: Figure, { value, width }: Known, printed: HealthJson["checks"]): Judged {
  const held = printed.filter(
    ({ interval: [lo, hi] }) => (lo ?? -Infinity) <= value && value <= (hi ?? Infinity),
  ).length;
  const widths = printed.map(({ interval: [lo, hi] }) => (lo === null || hi === null ? Infinity : hi - lo));
  const meanWidth = widths.reduce((sum, each) => sum + each, 0) / widths.length;
  const estimates = printed.flatMap(({ actual }) => (actual === null ? [] : [actual]));
  return {
    figure,
    truth: value,
    estimate: estimates.length === 0 ? null : median(estimates),
    held,
    widthRatio: Number.isFinite(meanWidth) ? meanWidth / width : null,
  };
}
