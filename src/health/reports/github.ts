import { asCode, fenced, fit, link, list, table } from "../../markdown.ts";
import { causes } from "../requests/causes.ts";
import type { HealthDocument, Measurement } from "../document.ts";
import { figure, figureRange } from "../figures.ts";
import { foundErrors } from "../remedies/found-errors.ts";
import { annotate, type Annotation } from "./annotations.ts";
import { checkTable } from "./check-table.ts";
import type { ReportInput } from "./input.ts";
import { reportText } from "./text.ts";
import { measuredRows } from "./text-rows.ts";
import { appText, loadText, nameOf, routesText, stateOf } from "./words.ts";

/** What GitHub shows of a health check. */
export interface GithubReport {
  /** For the summary of the job; well under its limit of 1 MiB, and short enough for a comment. */
  markdown: string;
  /** Workflow commands, a line each, at most 10: GitHub shows no more of a step. */
  annotations: string[];
  /** Outputs of the step; null is left out. */
  outputs: Record<string, string | null>;
}

/** A comment on GitHub holds 65,536 characters, and somebody will put this into one. */
const MAX_CHARACTERS = 60_000;
const signs = { pass: "✅", fail: "❌", inconclusive: "❔" } as const;

/** The result for GitHub Actions. Secrets are the caller's to hide: GitHub masks them in logs only. */
export function reportGithub(result: ReportInput): GithubReport {
  const { document } = result;
  return {
    markdown: fit(summary(result), MAX_CHARACTERS),
    annotations: annotate(annotationsOf(document)),
    outputs: outputsOf(document),
  };
}

function summary(result: ReportInput): string[] {
  const { document } = result;
  const { verdict, url, cause, message = "", hint, load, measurement, checks, comparison, warnings } = document;
  const app = appText(document);
  return [
    `### ${signs[verdict]} health check: ${verdict}`,
    "",
    `${link(url)}${app === "" ? "" : ` ${asCode(app)}`}`,
    ...(cause === undefined ? [] : ["", `**${cause}**: ${asCode(message)}`]),
    ...(hint === undefined ? [] : ["", `hint: ${asCode(hint)}`]),
    "",
    `${asCode(routesText(document))}: ${load === null ? "nothing was measured" : loadText(load)}.`,
    ...checkTable(checks),
    ...(measurement.requests === 0
      ? []
      : table(
          ["", ""],
          measuredRows(measurement).map(([name, text]) => [name, asCode(text)]),
        )),
    ...errorTable(measurement),
    ...comparisonTable(comparison),
    ...remedyLines(document),
    ...list(warnings),
    "",
    `<details><summary>the whole report</summary>\n\n${fenced(reportText(result))}\n\n</details>`,
  ];
}

function errorTable(measurement: Measurement): string[] {
  const rows = foundErrors(measurement).map(({ cause, count, first, requestId }) => [
    cause,
    String(count),
    causes[cause].sentence,
    asCode(requestId === null ? first : `${first} (request id ${requestId})`),
  ]);
  return table(["error", "requests", "meaning", "first"], rows);
}

function comparisonTable(comparison: HealthDocument["comparison"]): string[] {
  if (comparison === undefined) return [];
  const rows = comparison.checks.map(({ name, actual, baseline, unit, text, verdict }) => [
    name,
    figure(actual, unit),
    figure(baseline, unit),
    text,
    verdict,
  ]);
  return table([`against ${asCode(comparison.baseline)}`, "now", "baseline", "change", "verdict"], rows);
}

function remedyLines({ remedies }: HealthDocument): string[] {
  if (remedies.length === 0) return [];
  return [
    "",
    "What to do:",
    ...list(remedies.map(({ text, command }) => (command === null ? text : `${text}: ${command}`))),
  ];
}

function outputsOf({ verdict, url, measurement }: HealthDocument): GithubReport["outputs"] {
  const { requests, errorRate, throughputPerSecond, latencyMs } = measurement;
  return {
    verdict,
    url,
    requests: String(requests),
    "p95-ms": numberOrNull(latencyMs.p95),
    "error-rate": numberOrNull(errorRate),
    "throughput-per-second": numberOrNull(throughputPerSecond),
  };
}

/** Plain digits, so that a shell can compare them. */
function numberOrNull(value: number | null): string | null {
  return value === null ? null : String(Number(value.toFixed(6)));
}

/** What a reader of the pull request has to know first: why nothing was measured, what failed, what is not proven. */
function annotationsOf(document: HealthDocument): Annotation[] {
  const { verdict, cause, message = "", hint, checks, warnings, comparison } = document;
  const refusal: Annotation[] =
    cause === undefined
      ? []
      : [
          {
            level: verdict === "fail" ? "error" : "warning",
            title: cause,
            text: hint === undefined ? message : `${message}\nhint: ${hint}`,
          },
        ];
  const missed = checks
    .filter((check) => stateOf(check) !== "pass")
    .map((check): Annotation => {
      const range = figureRange(check.interval, check.unit);
      const found = `${figure(check.actual, check.unit)}, limit ${figure(check.limit, check.unit)}${range === "" ? "" : `, 95 %: ${range}`}`;
      return {
        level: stateOf(check) === "fail" ? "error" : "warning",
        title: `${nameOf(check)}: ${check.verdict}`,
        text: `${found}\n${check.text}`,
      };
    });
  const worse = (comparison?.checks ?? [])
    .filter((check) => check.verdict === "fail")
    .map(({ name, text }): Annotation => ({ level: "error", title: `${name}: worse than the baseline`, text }));
  return [
    ...refusal,
    ...missed,
    ...worse,
    ...warnings.map((text): Annotation => ({ level: "warning", title: "health check", text })),
  ];
}
