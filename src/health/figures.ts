import type { Unit } from "./slo.ts";

const write: Record<Unit, (value: number) => string> = {
  ms: (value) => `${rounded(value)} ms`,
  fraction: (value) => `${rounded(value * 100)} %`,
  "1/s": (value) => `${rounded(value)}/s`,
  requests: (value) => String(value),
  // Cents from a dollar on, as money is written.
  USD: (value) => `$${value >= 1 ? value.toFixed(2) : rounded(value)}`,
};

/** A number with its unit, as precise as it is useful: 3 digits, or whole above 100. What is not known is "–". */
export function figure(value: number | null, unit: Unit): string {
  return value === null || !Number.isFinite(value) ? "–" : write[unit](value);
}

/** Two ends with one unit, like "37.9 to 42.4 ms"; "" when neither is known. */
export function figureRange([lo, hi]: readonly [number | null, number | null], unit: Unit): string {
  if (lo === null && hi === null) return "";
  if (hi === null) return `at least ${figure(lo, unit)}`;
  if (lo === null) return `at most ${figure(hi, unit)}`;
  const [from, to] = [figure(lo, unit), figure(hi, unit)];
  const suffix = unit === "USD" ? "" : to.slice(to.search(/[^\d.-]/));
  return suffix !== "" && from.endsWith(suffix) ? `${from.slice(0, -suffix.length)} to ${to}` : `${from} to ${to}`;
}

/** A time as people say it: "850 ms", "5.4 s", "10.0 min". */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 600_000 ? `${Number((ms / 1_000).toFixed(1))} s` : `${Number((ms / 60_000).toFixed(1))} min`;
}

/** 3 digits, or whole above 100; never with an exponent, which nobody reads: $0.00000012. */
function rounded(value: number): string {
  if (Math.abs(value) >= 100) return String(Math.round(value));
  const plain = String(Number(value.toPrecision(3)));
  return plain.includes("e") ? value.toFixed(2 - Math.floor(Math.log10(Math.abs(value)))) : plain;
}
