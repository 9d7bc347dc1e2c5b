import type { Check, HealthDocument } from "../document.ts";
import { figure, figureRange } from "../figures.ts";
import { finished } from "../samples.ts";
import { quantile } from "../statistics/statistics.ts";
import type { ReportInput } from "./input.ts";
import { reportText } from "./text.ts";
import { ascendingMs } from "./series.ts";
import { claimOf, stateOf } from "./words.ts";
import { attributes, escapeXml } from "./xml.ts";

/** How a case ended: `error` is what was not decided, `skipped` what does not block. */
type Outcome = { kind: "passed" } | { kind: "failure" | "error" | "skipped"; type: string; message: string };

interface Case {
  name: string;
  outcome: Outcome;
  output: string;
}

interface Suite {
  name: string;
  cases: Case[];
}

const ALL = "all probes";
const passed: Outcome = { kind: "passed" };

/**
 * The result as JUnit XML: a suite for the limits on all probes and one for each probe, a case per limit and per probe.
 * A limit that is broken is a `failure`, one that is not decided an `error` of type "inconclusive", since a reader that knows two
 * colours must not show it green. A warning (not kept or not proven, and not blocking) is `skipped`. The file is green
 * exactly when the verdict is pass.
 */
export function reportJunit(result: ReportInput): string {
  const suites = [overallSuite(result), ...probesOf(result).map((name) => probeSuite(result, name))];
  const all = suites.flatMap(({ cases }) => cases);
  const seconds = ((result.document.load?.sentMs ?? 0) / 1_000).toFixed(3);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: `healthcheck ${result.document.url}`, ...countsOf(all), time: seconds })}>`,
    ...suites.map((suite) => suiteXml(suite, result)),
    "</testsuites>\n",
  ].join("\n");
}

function overallSuite(result: ReportInput): Suite {
  const { document } = result;
  const cases = [
    ...document.checks.filter(({ probe }) => probe === null).map((check) => checkCase(check, document)),
    ...comparisonCases(document),
  ];
  const isRed =
    document.checks.some((check) => isBlocking(checkCase(check, document).outcome)) ||
    cases.some(({ outcome }) => isBlocking(outcome));
  // Who reads only this file has to learn why, also when no check says so.
  const needsVerdict = document.cause !== undefined || (document.verdict !== "pass" && !isRed);
  return { name: ALL, cases: needsVerdict ? [verdictCase(result), ...cases] : cases };
}

/** Those that were sent, and any other that a check is about: none may get lost. */
function probesOf({ samples, document }: ReportInput): string[] {
  const judged = document.checks.flatMap(({ probe }) => (probe === null ? [] : [probe]));
  return [...new Set([...samples.probes, ...judged])];
}

function probeSuite({ samples, document }: ReportInput, name: string): Suite {
  const probe = samples.probes.indexOf(name);
  const n = finished(samples, probe).length;
  const waits = ascendingMs(samples, "latencyMs", probe);
  const bad = waits.length - waits.filter(Number.isFinite).length;
  const measured: Case = {
    name: "was measured",
    outcome:
      n > 0 ? passed : { kind: "skipped", type: "no-samples", message: "no request of this probe has an outcome" },
    output: `${n} requests, ${bad} errors, p50 ${figure(quantile(waits, 0.5), "ms")}, p95 ${figure(quantile(waits, 0.95), "ms")}`,
  };
  const own = document.checks.filter((check) => check.probe === name);
  return { name, cases: [measured, ...own.map((check) => checkCase(check, document))] };
}

function checkCase(check: Check, document: HealthDocument): Case {
  const { actual, limit, unit, interval, n, text } = check;
  const range = figureRange(interval, unit);
  const found = `${figure(actual, unit)}, limit ${figure(limit, unit)}${range === "" ? "" : `, 95 %: ${range}`}, n ${n}`;
  return { name: claimOf(check), outcome: outcomeOf(check, document, found), output: `${found}\n${text}` };
}

function outcomeOf(check: Check, { cause }: HealthDocument, message: string): Outcome {
  const state = stateOf(check);
  if (state === "pass") return passed;
  if (state === "warn") return { kind: "skipped", type: check.verdict, message: `warning, does not block: ${message}` };
  // Of an interrupted run, or one that its own machine spoiled, a broken limit is no proof.
  const isProof = state === "fail" && cause === undefined;
  return isProof ? { kind: "failure", type: "slo", message } : { kind: "error", type: "inconclusive", message };
}

function comparisonCases({ comparison, verdict, cause }: HealthDocument): Case[] {
  return (comparison?.checks ?? []).map((check) => {
    const name = `${check.name} not worse than the baseline`;
    if (check.verdict === "pass") return { name, outcome: passed, output: check.text };
    const isProof = check.verdict === "fail" && cause === undefined;
    const blocks = verdict !== "pass";
    const kind = blocks ? (isProof ? "failure" : "error") : "skipped";
    return {
      name,
      outcome: { kind, type: isProof ? "regression" : "inconclusive", message: check.text },
      output: check.text,
    };
  });
}

function verdictCase({ document }: ReportInput): Case {
  const { verdict, cause, message = "", hint = "" } = document;
  const text = [message, hint === "" ? "" : `hint: ${hint}`].filter((line) => line !== "").join("\n");
  // A refusal is an error and not a failure: no limit was tried.
  const kind = verdict === "fail" && cause === undefined ? "failure" : "error";
  return {
    name: "verdict",
    outcome: { kind, type: cause ?? verdict, message: text === "" ? verdict : text },
    output: text,
  };
}

function isBlocking({ kind }: Outcome): boolean {
  return kind === "failure" || kind === "error";
}

function suiteXml({ name, cases }: Suite, result: ReportInput): string {
  const isOverall = name === ALL;
  return [
    `  <testsuite${attributes({ name, ...countsOf(cases), skipped: count(cases, "skipped") })}>`,
    ...cases.map((each) => caseXml(each, name)),
    ...(isOverall ? [`    <system-out>${escapeXml(reportText(result))}</system-out>`] : []),
    "  </testsuite>",
  ].join("\n");
}

function caseXml({ name, outcome, output }: Case, suite: string): string {
  const inner = outcome.kind === "passed" ? "" : `<${outcome.kind}${attributes(reasonOf(outcome))}/>`;
  return `    <testcase${attributes({ classname: `healthcheck.${suite}`, name })}>${inner}<system-out>${escapeXml(output)}</system-out></testcase>`;
}

/** The schema of Jenkins and others knows no type on `skipped`. */
function reasonOf({ kind, type, message }: Exclude<Outcome, { kind: "passed" }>): Record<string, string> {
  return kind === "skipped" ? { message } : { type, message };
}

function countsOf(cases: readonly Case[]): Record<string, number> {
  return { tests: cases.length, failures: count(cases, "failure"), errors: count(cases, "error") };
}

function count(cases: readonly Case[], kind: Outcome["kind"]): number {
  return cases.filter(({ outcome }) => outcome.kind === kind).length;
}
