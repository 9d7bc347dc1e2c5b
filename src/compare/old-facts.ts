import { ageDays, PRICE_DAYS } from "../data/prices/age.ts";
import type { Row } from "./platform-rows.ts";

/** A sentence for each published page that nobody has looked at for 90 days before `now`. */
export function oldFactWarnings(rows: readonly Row[], now: Date): string[] {
  const sources = rows.flatMap(({ cells }) =>
    Object.values(cells).flatMap((cell) => (cell.kind === "measured by you" ? [] : cell.sources)),
  );
  const days = new Map(sources.map(({ source, checkedAt }) => [`${source} (${checkedAt})`, ageDays(checkedAt, now)]));
  return [...days].filter(([, age]) => age > PRICE_DAYS).map(([page, age]) => `${age} days old: ${page}`);
}
