import { formatBytes, formatMs, formatParams, formatUsd } from "./format.ts";
import type { Reason } from "./types.ts";

/** By how much a limit is missed, in the reason's unit, and how many times the limit the number is. */
export interface Margin {
  by: number;
  /** null when the limit is nothing. */
  times: number | null;
}

type Compared = Pick<Reason, "rule" | "passed" | "actual" | "limit" | "unit">;

/** Rules with a least number instead of a most. */
const AT_LEAST: ReadonlySet<string> = new Set(["tokens-per-second"]);

/** null where no limit is missed, or one that has no number. */
export function marginOf({ passed, actual, limit }: Compared): Margin | null {
  if (passed !== false || actual === null || limit === null) return null;
  return {
    by: Number(Math.abs(actual - limit).toPrecision(12)),
    times: limit === 0 ? null : Number((actual / limit).toPrecision(3)),
  };
}

const FORMATS: Readonly<Partial<Record<string, (value: number) => string>>> = {
  bytes: formatBytes,
  ms: formatMs,
  USD: formatUsd,
  parameters: (count) => `${formatParams(count)} parameters`,
};

/** A number in the unit of a reason, as people read it. */
function formatIn(unit: string, value: number): string {
  return FORMATS[unit]?.(value) ?? `${value} ${unit}`;
}

/** "over by 187.9 MB, 1.72×", "short by 3.2 tokens/s, 0.68×" of the limit; empty where there is no margin. */
export function missedBy(reason: Compared): string {
  const margin = marginOf(reason);
  if (margin === null || margin.times === null) return "";
  const word = AT_LEAST.has(reason.rule) ? "short" : "over";
  return `${word} by ${formatIn(reason.unit, margin.by)}, ${margin.times}×`;
}

/** "is within 262.1 MB", or "is over 262.1 MB by 187.9 MB (1.72×)". */
export function compared(actual: number, limit: number, unit: string): string {
  if (actual <= limit) return `is within ${formatIn(unit, limit)}`;
  const margin = marginOf({ rule: "", passed: false, actual, limit, unit });
  const by = margin === null ? "" : ` by ${formatIn(unit, margin.by)} (${margin.times}×)`;
  return `is over ${formatIn(unit, limit)}${by}`;
}
