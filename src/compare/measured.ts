import type { PlatformName } from "../data/platforms.ts";
import { formatMs } from "../plan/format.ts";
import { unknown, written, type Cell } from "./cell.ts";
import type { LastMeasured } from "./types.ts";

/** A time of the last health check of that platform's target: yours, or unknown. There is no constant to fall back to. */
export function measuredCell(
  name: PlatformName,
  figure: "p50" | "p95" | "coldStartMs",
  measured: readonly LastMeasured[],
): Cell {
  const last = measured.find(({ target }) => target === name);
  if (last === undefined) return unknown();
  const { health, checkedAt } = last;
  const { measurement, url } = health;
  const value = figure === "coldStartMs" ? measurement.coldStartMs : measurement.latencyMs[figure];
  const { host } = new URL(url);
  const date = checkedAt.slice(0, 10);
  if (value === null) return unknown(`the last check of ${host} measured none (${health.cause ?? health.verdict})`);
  const source = `edge-ai healthcheck of ${host}, ${measurement.requests} requests`;
  const cell = written`${{
    value,
    unit: "ms",
    text: formatMs(value),
    formula: "measured by you, from the machine that ran the check",
    inputs: [{ name: "measured", value, unit: "ms", source, checkedAt: date }],
  }}`;
  return { ...cell, kind: "measured by you" };
}
