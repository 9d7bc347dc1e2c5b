import { causes } from "../requests/causes.ts";
import type { Check, Comparison, HealthDocument, Measurement } from "../document.ts";
import { figure, figureRange } from "../figures.ts";
import { foundErrors } from "../remedies/found-errors.ts";
import { causeOf, finished, type Samples } from "../samples.ts";
import { quantile } from "../statistics/statistics.ts";
import { ERROR_COLOURS } from "./chart-rate.ts";
import { card, htmlTable, numberCell, textCell, type Cell } from "./html-parts.ts";
import { ascendingMs } from "./series.ts";
import { claimOf, marks, nameOf, pValueText, stateOf, type State } from "./words.ts";
import { escapeXml } from "./xml.ts";

/** Every limit with what was found. */
export function checksCard({ checks }: HealthDocument): string {
  if (checks.length === 0) return "";
  const head = ["limit", "verdict", "measured", "requests"];
  return card(
    "Checks",
    htmlTable("Each limit with its verdict, the figure and its 95 % interval", head, checks.map(checkCells)),
  );
}

function checkCells(check: Check): Cell[] {
  const { probe, actual, unit, interval, n, text } = check;
  const state = stateOf(check);
  const claim = probe === null ? claimOf(check) : `${claimOf(check)} of ${probe}`;
  const range = figureRange(interval, unit);
  return [
    { html: `${escapeXml(claim)}${small(text)}` },
    stateCell(state, state === "warn" ? `${check.verdict}, a warning` : state),
    { html: `${escapeXml(figure(actual, unit))}${small(range)}`, isNumber: true },
    numberCell(String(n)),
  ];
}

function small(text: string): string {
  return text === "" ? "" : `<small>${escapeXml(text)}</small>`;
}

function stateCell(state: State, words: string): Cell {
  return { html: `<span class="state ${state}">${marks[state]} ${escapeXml(words)}</span>` };
}

/** What went wrong, the most frequent first, in the colours of the chart. */
export function errorsTable(measurement: Measurement): string {
  const rows = foundErrors(measurement).map(({ cause, count, first, requestId }, k) => {
    const swatch = `<span class="swatch e${Math.min(k, ERROR_COLOURS - 1)}"></span>`;
    const id = requestId === null ? "" : `, request id ${requestId}`;
    return [
      { html: `${swatch}${escapeXml(cause)}` },
      { html: `${escapeXml(causes[cause].sentence)}${small(`first: ${first}${id}`)}` },
      numberCell(String(count)),
    ];
  });
  return htmlTable("Errors by cause, with the first of each", ["cause", "what it means", "requests"], rows);
}

/** How this run differs from the baseline. */
export function comparisonCard(comparison: Comparison | undefined): string {
  if (comparison === undefined) return "";
  const { baseline, tolerance, checks } = comparison;
  const rows = checks.map(({ name, verdict, actual, baseline: was, unit, text, pValue }) => [
    { html: `${escapeXml(name)}${small(text)}` },
    stateCell(verdict, verdict),
    numberCell(figure(actual, unit)),
    numberCell(figure(was, unit)),
    numberCell(pValueText(pValue)),
  ]);
  const caption = `Against ${baseline}; up to ${figure(tolerance, "fraction")} worse is fine`;
  return card("Baseline", htmlTable(caption, ["what", "verdict", "now", "baseline", "chance"], rows));
}

/** A row per probe; nothing when there is only one. */
export function probesCard(samples: Samples): string {
  if (samples.probes.length < 2) return "";
  const rows = samples.probes.map((name, probe) => {
    const waits = ascendingMs(samples, "latencyMs", probe);
    const errors = finished(samples, probe).filter((i) => causeOf(samples, i) !== null).length;
    const quantiles = [0.5, 0.95, 0.99].map((q) => numberCell(figure(quantile(waits, q), "ms")));
    return [textCell(name), numberCell(String(waits.length)), numberCell(String(errors)), ...quantiles];
  });
  return card("Probes", htmlTable("Latency of each probe", ["probe", "requests", "errors", "p50", "p95", "p99"], rows));
}

/** What can be done. */
export function remediesCard({ remedies }: HealthDocument): string {
  if (remedies.length === 0) return "";
  const items = remedies.map(({ text, command }) => {
    const code = command === null ? "" : `<pre><code>${escapeXml(command)}</code></pre>`;
    return `<li>${escapeXml(text)}${code}</li>`;
  });
  return card("What to do", `<ol>${items.join("")}</ol>`);
}

/** What the run wants to have said besides. */
export function warningsCard({ warnings }: HealthDocument): string {
  if (warnings.length === 0) return "";
  return card("Warnings", `<ul>${warnings.map((warning) => `<li>${escapeXml(warning)}</li>`).join("")}</ul>`);
}

/** The limits by which this run failed or stays open, in one sentence; "" when there are none. */
export function missedText({ checks }: HealthDocument): string {
  return checks
    .filter((check) => stateOf(check) === "fail" || stateOf(check) === "inconclusive")
    .map((check) => `${nameOf(check)} ${check.verdict === "fail" ? "misses its limit" : "is not decided"}`)
    .join("; ");
}
