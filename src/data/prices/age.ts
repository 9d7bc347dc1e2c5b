import type { Fact } from "../fact.ts";

/** Prices are looked up again after this many days. */
export const PRICE_DAYS = 90;

const DAY_MS = 86_400_000;

/** Whole days since somebody looked. @param now the clock, as an argument */
export function ageDays(checkedAt: string, now: Date): number {
  return Math.floor((now.getTime() - Date.parse(`${checkedAt}T00:00:00Z`)) / DAY_MS);
}

/** One sentence for each source with a price older than 90 days, oldest first. @param now the clock, as an argument */
export function stalePrices(facts: readonly Pick<Fact, "source" | "checkedAt">[], now: Date): string[] {
  const sources = new Map<string, { source: string; checkedAt: string; days: number }>();
  for (const { source, checkedAt } of facts) {
    const days = ageDays(checkedAt, now);
    if (days > PRICE_DAYS) sources.set(`${source} ${checkedAt}`, { source, checkedAt, days });
  }
  return [...sources.values()]
    .toSorted((a, b) => b.days - a.days)
    .map(({ source, checkedAt }) => `prices of ${checkedAt} are older than ${PRICE_DAYS} days: check ${source}`);
}
