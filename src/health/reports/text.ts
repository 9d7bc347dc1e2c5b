import { causes } from "../requests/causes.ts";
import type { Check, Comparison, HealthDocument, Measurement } from "../document.ts";
import { figure, figureRange } from "../figures.ts";
import { foundErrors } from "../remedies/found-errors.ts";
import { align, oneLine, WIDTH, wrap } from "./columns.ts";
import type { ReportInput } from "./input.ts";
import { ascendingMs, marksOf } from "./series.ts";
import { sketch } from "./sketch.ts";
import { measuredRows } from "./text-rows.ts";
import { appText, claimOf, counted, loadText, marks, pValueText, routesText, stateOf } from "./words.ts";

/** The result for a person and a CI log: no colours, 100 columns where words allow it, one line per check. */
export function reportText(result: ReportInput): string {
  const { document } = result;
  const blocks = [
    head(document),
    checkLines(document.checks),
    measured(document),
    histogram(result),
    errors(document.measurement),
    document.comparison === undefined ? [] : compared(document.comparison),
    remedies(document),
    document.warnings.flatMap((warning) => wrap(`warning: ${oneLine(warning)}`)),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function head(document: HealthDocument): string[] {
  const { url, verdict, cause, message = "", hint = "", load } = document;
  const app = oneLine(appText(document));
  return [
    `${marks[verdict]} ${verdict}  ${url}${app === "" ? "" : `  ${app}`}`,
    ...(cause === undefined ? [] : wrap(`${cause}: ${oneLine(message)}`, "  ")),
    // In one piece, since it may hold a command.
    ...(hint === "" ? [] : [`  hint: ${oneLine(hint)}`]),
    ...wrap(oneLine(routesText(document)), "  "),
    ...wrap(load === null ? "nothing was measured" : loadText(load), "  "),
  ];
}

/** One line per check; its sentence goes below where the line would get too long. */
function checkLines(checks: readonly Check[]): string[] {
  const lines = align(checks.map(checkCells));
  return lines.flatMap((line, i) => {
    const text = oneLine(checks[i]?.text ?? "");
    if (text === "") return [line];
    return `${line}  ${text}`.length <= WIDTH ? [`${line}  ${text}`] : [line, ...wrap(text, "    ")];
  });
}

function checkCells(check: Check): string[] {
  const { unit, actual, interval, n } = check;
  const range = figureRange(interval, unit);
  return [
    marks[stateOf(check)],
    oneLine(check.probe === null ? claimOf(check) : `${claimOf(check)} of ${check.probe}`),
    figure(actual, unit),
    range === "" ? "" : `(95 %: ${range})`,
    `n ${n}`,
  ];
}

function measured({ measurement }: HealthDocument): string[] {
  return measurement.requests === 0 ? [] : align(measuredRows(measurement));
}

/** Of the first token where answers stream, and of the whole answer everywhere else. */
function histogram({ samples, limits, document: { checks } }: ReportInput): string[] {
  const of = samples.streams.length > 0 ? "firstTokenMs" : "latencyMs";
  const rows = sketch(ascendingMs(samples, of), marksOf(limits, checks, of));
  return rows.length === 0
    ? []
    : [`${of === "latencyMs" ? "latency" : "first token"} of good answers, log axis`, ...rows];
}

function errors(measurement: Measurement): string[] {
  return foundErrors(measurement).flatMap(({ cause, count, first, requestId }) => [
    ...wrap(`${cause}: ${counted(count, "request")}; ${causes[cause].sentence}`),
    ...wrap(`first: ${oneLine(first)}${requestId === null ? "" : ` (request id ${oneLine(requestId)})`}`, "    "),
  ]);
}

function compared({ baseline, tolerance, checks }: Comparison): string[] {
  const rows = checks.map(({ name, verdict, text, actual, baseline: was, unit, pValue }) => [
    marks[verdict],
    name,
    `${figure(actual, unit)}, was ${figure(was, unit)}`,
    text,
    pValueText(pValue),
  ]);
  return [`against ${oneLine(baseline)}, ${figure(tolerance, "fraction")} worse is fine`, ...align(rows)];
}

function remedies(document: HealthDocument): string[] {
  if (document.remedies.length === 0) return [];
  const lines = document.remedies.flatMap(({ text, command }) => [
    ...wrap(`- ${oneLine(text)}`, "  "),
    ...(command === null ? [] : [`      ${oneLine(command)}`]),
  ]);
  return ["what to do", ...lines];
}
