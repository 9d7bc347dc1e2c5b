import type { Cell } from "./cell.ts";
import type { Row } from "./platform-rows.ts";

/** Sources by the number under which a table names them. */
export interface Footnotes {
  /** The text of a cell, with the numbers of its sources. */
  mark: (cell: Cell) => string;
  /** "source (date)", from 1 on. */
  list: string[];
}

/** Numbers every source of the rows in the order in which they come. */
export function footnotesOf(rows: readonly Row[]): Footnotes {
  const cells = rows.flatMap(({ cells: { vercel, cloudflare } }) => [vercel, cloudflare]);
  const list = [...new Set(cells.flatMap((cell) => namesOf(cell)))];
  const mark = (cell: Cell): string => {
    const numbers = namesOf(cell).map((name) => `[${list.indexOf(name) + 1}]`);
    return [withKind(cell), numbers.join("")].filter((part) => part !== "").join(" ");
  };
  return { mark, list };
}

function namesOf({ sources }: Cell): string[] {
  return sources.map(({ source, checkedAt }) => `${source} (${checkedAt})`);
}

/** Somebody else's word has to be known as that without looking it up. */
function withKind({ kind, text }: Cell): string {
  return kind === "second hand" ? `${text} (second hand)` : text;
}
