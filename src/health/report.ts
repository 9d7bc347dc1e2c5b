import type { HealthDocument, Measurement } from "./document.ts";
import { figure } from "./figures.ts";
import type { Check } from "./judge.ts";
import type { Verdict } from "./statistics.ts";

const marks: Record<Verdict, string> = { pass: "✓", fail: "✗", inconclusive: "?" };

/** The document for a person: what was asked, what was found, line by line. */
export function reportText(document: HealthDocument): string {
  return [...head(document), ...checkLines(document), ...measured(document), ...notes(document)].join("\n");
}

function head({ url, verdict, cause, message, hint, buildId, modelId }: HealthDocument): string[] {
  const app = [...(buildId === null ? [] : [`build ${buildId}`]), ...(modelId === null ? [] : [`model ${modelId}`])];
  return [
    `${marks[verdict]} ${verdict}  ${[url, ...app].join("  ")}`,
    ...(cause === undefined ? [] : [`  ${cause}: ${message ?? ""}`]),
    ...(hint === undefined ? [] : [`  hint: ${hint}`]),
  ];
}

function checkLines({ checks }: HealthDocument): string[] {
  if (checks.length === 0) return [];
  return ["", ...align(checks.map(checkCells))];
}

function checkCells(check: Check): string[] {
  const { verdict, level, name, probe, unit, actual, limit, interval, text } = check;
  const [lo, hi] = interval;
  return [
    level === "warn" ? "!" : marks[verdict],
    probe === null ? name : `${name} of ${probe}`,
    figure(actual, unit),
    `limit ${figure(limit, unit)}`,
    lo === null && hi === null ? "" : `95 %: ${figure(lo, unit)} to ${figure(hi, unit)}`,
    text,
  ];
}

function measured({ measurement }: HealthDocument): string[] {
  if (measurement.requests === 0) return [];
  return ["", ...align(measurementCells(measurement)), ...errorLines(measurement)];
}

function measurementCells(measurement: Measurement): string[][] {
  const { requests, errors, errorRate, latencyMs, firstTokenMs, coldStartMs } = measurement;
  // Answers that do not stream have their first token at the end: a second line would repeat the first.
  const streams = firstTokenMs.p50 !== null && firstTokenMs.p50 !== latencyMs.p50;
  return [
    ["latency", times(latencyMs)],
    ...(streams ? [["first token", times(firstTokenMs)]] : []),
    ["cold start", figure(coldStartMs, "ms")],
    [
      "throughput",
      `${figure(measurement.throughputPerSecond, "1/s")} of ${figure(measurement.offeredPerSecond, "1/s")} offered`,
    ],
    ["errors", `${errors} of ${requests} (${figure(errorRate, "fraction")})`],
  ];
}

function times(record: Readonly<Record<string, number | null>>): string {
  return Object.entries(record)
    .map(([name, ms]) => `${name} ${figure(ms, "ms")}`)
    .join("  ");
}

function errorLines({ errorsByCause }: Measurement): string[] {
  const rows = Object.entries(errorsByCause).map(([cause, { count, first }]) => [`  ${cause}`, `${count}`, first]);
  return align(rows);
}

function notes({ warnings }: HealthDocument): string[] {
  return warnings.length === 0 ? [] : ["", ...warnings.map((warning) => `warning: ${warning}`)];
}

/** Pads every column but the last to its widest cell. */
function align(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}
