import type { ExplainedInput } from "../../explain.ts";
import { formatCount, formatUsd, roundUsd } from "../money.ts";
import type { Figure, FigureName } from "./types.ts";

/** How a kind of number is rounded and written. */
const kinds = {
  USD: { unit: "USD", round: roundUsd, write: formatUsd },
  "USD/h": { unit: "USD/h", round: roundUsd, write: (value: number) => `${formatUsd(value)}/h` },
  percent: {
    unit: "%",
    round: (ratio: number) => plain(ratio * 100, 4),
    write: (value: number) => `${number(value)} %`,
  },
  weeks: {
    unit: "weeks",
    round: (value: number) => digits(value, 3),
    write: (value: number) => `${number(value)} weeks`,
  },
  hours: { unit: "h", round: (value: number) => digits(value, 6), write: (value: number) => `${number(value)} h` },
  people: { unit: "people", round: (value: number) => digits(value, 3), write: number },
} as const;

/** A figure. `exact` is not rounded; a percentage is given as a ratio. */
export function figure(
  name: FigureName,
  what: string,
  kind: keyof typeof kinds,
  exact: number,
  why: { formula: string; filled: string; inputs: ExplainedInput[] },
): Figure {
  const { unit, round, write } = kinds[kind];
  const value = round(exact);
  return { name, what, value, unit, shown: write(value), ...why };
}

/** 240000 → "240,000", 1.3333 → "1.33". */
export function number(value: number): string {
  return formatCount(plain(value, 6));
}

/** So many digits, but never fewer than the whole number has: arithmetic that is shown has to hold. */
function plain(value: number, count: number): number {
  return Math.abs(value) >= 10 ** (count - 1) ? Math.round(value * 100) / 100 : digits(value, count);
}

function digits(value: number, count: number): number {
  return Number(value.toPrecision(count));
}
