import type { Unit } from "./slo.ts";

const write: Record<Unit, (value: number) => string> = {
  ms: (value) => `${rounded(value)} ms`,
  fraction: (value) => `${rounded(value * 100)} %`,
  "1/s": (value) => `${rounded(value)}/s`,
  requests: (value) => String(value),
  USD: (value) => `$${value}`,
};

/** A number with its unit, as precise as it is useful: 3 digits, or whole above 100. What is not known is "–". */
export function figure(value: number | null, unit: Unit): string {
  return value === null || !Number.isFinite(value) ? "–" : write[unit](value);
}

function rounded(value: number): string {
  return String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}
