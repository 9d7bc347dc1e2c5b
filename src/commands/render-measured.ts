import { assumptions } from "../data/engines.ts";
import type { Explained } from "../explain.ts";
import type { Compared } from "../measure-model/compare.ts";
import { formatBytes, formatMs, formatRate } from "../plan/format.ts";
import { measuredOn } from "../plan/rule.ts";
import type { Measured } from "../plan/types.ts";

const FORMATS: Record<Compared["unit"], (value: number) => string> = {
  ms: formatMs,
  bytes: formatBytes,
  "1/s": formatRate,
};

/** What was predicted beside what was measured, one line each. No colour, no trailing newline. */
export function renderMeasured(compared: readonly Compared[], measured: Measured): string {
  const cells = compared.map(({ name, unit, predicted, measured: truth, errorPercent }) => [
    name,
    `predicted ${FORMATS[unit](predicted)}`,
    `measured ${FORMATS[unit](truth)}`,
    `${errorPercent > 0 ? "+" : ""}${errorPercent} %`,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd(),
  );
  const title = `Predicted against measured (${measured.requests} requests, ${measuredOn(measured)})`;
  const safety = `  p95, first token and tokens per second are predicted with a safety factor of ${assumptions.safetyFactor.value}`;
  return [title, ...lines, safety].join("\n");
}

/** Where the numbers of that table come from. */
export function explainMeasured(compared: readonly Compared[], measured: Measured): Explained[] {
  return compared.map(({ name, unit, predicted, measured: truth, errorPercent }) => ({
    what: `${name}, error of the prediction`,
    value: errorPercent,
    unit: "%",
    formula: "(predicted ÷ measured − 1) × percent",
    inputs: [
      { name: "predicted", value: predicted, unit, source: "the plan without this measurement", checkedAt: null },
      {
        name: "measured",
        value: truth,
        unit,
        source: `${measuredOn(measured)}, ${measured.requests} requests`,
        checkedAt: null,
      },
      { name: "percent", value: 100, unit: "", source: "of one", checkedAt: null },
    ],
  }));
}
