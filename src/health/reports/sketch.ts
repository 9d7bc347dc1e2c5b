import { figure } from "../figures.ts";
import { align } from "./columns.ts";
import { countBelow, logEdges, type Mark } from "./series.ts";

const MOST_ROWS = 10;
const BAR_WIDTH = 48;

/**
 * A histogram in text, on a log axis: a row of about equal ratio each, a line where a limit is.
 * @param ascending times in ms; Infinity (errors) is not drawn
 * @returns no lines when there is nothing to draw
 */
export function sketch(ascending: Float64Array, marks: readonly Mark[]): string[] {
  const drawn = ascending.filter(Number.isFinite);
  const [lo, hi] = [drawn[0], drawn.at(-1)];
  if (lo === undefined || hi === undefined) return [];
  const edges = logEdges(Math.max(lo, 0.01), Math.max(hi, 0.01), MOST_ROWS);
  const limits = marks.map(({ ms }) => ms).filter((ms) => ms > (edges[0] ?? 0) && ms < (edges.at(-1) ?? 0));
  const all = [...new Set([...edges, ...limits])].toSorted((a, b) => a - b);
  return rowsWithMarks(drawn, all, marks);
}

function rowsWithMarks(drawn: Float64Array, edges: readonly number[], marks: readonly Mark[]): string[] {
  const counts = edges
    .slice(1)
    .map((edge, i) => countBelow(drawn, edge) - (i === 0 ? 0 : countBelow(drawn, edges[i] ?? 0)));
  const most = Math.max(...counts);
  const rows = align(counts.map((count, i) => [`  ${figure(edges[i] ?? 0, "ms").padStart(8)}`, bar(count, most), ""]));
  return rows
    .flatMap((row, i) => [...lineAt(marks, edges[i], edges[i - 1]), row])
    .concat(lineAt(marks, Infinity, edges.at(-2)));
}

/** The limits that lie after the row before and not after the start of this one. */
function lineAt(marks: readonly Mark[], start = 0, before = -1): string[] {
  return marks
    .filter(({ ms }) => ms <= start && ms > before && Number.isFinite(before))
    .map(({ label, ms }) => `  -------- ${label} ${figure(ms, "ms")} `.padEnd(BAR_WIDTH + 12, "-"));
}

function bar(count: number, most: number): string {
  if (count === 0) return "";
  return `${"█".repeat(Math.max(1, Math.round((count / most) * BAR_WIDTH)))} ${count}`;
}
