import { formatCount, formatUsd, roundUsd } from "../cost/money.ts";
import { figure } from "../health/figures.ts";
import type { LastSlo, OpenAlerts, StatusDocument } from "./types.ts";

/** Of a terminal. URLs and ids that are longer stay whole. */
const WIDTH = 80;
const INDENT = 14;

/** The document on one screen. */
export function renderStatus(document: StatusDocument, hint: string | undefined, now: Date): string {
  const { target, productionUrl, production, health, message, recent } = document;
  return [
    `${target}  ${productionUrl ?? "(no project yet)"}  ${health}`,
    ...row(
      "production",
      production === null
        ? ["nothing is deployed"]
        : [production.id, `build ${production.buildId}`, `since ${minute(production.createdAt)}`],
    ),
    ...(message === null ? [] : row("", [message])),
    ...(hint === undefined ? [] : row("", [`hint: ${hint}`])),
    ...row("last gate", gateLines(document, now)),
    ...row("slo", sloLines(document.slo, now)),
    ...row("alerts", alertLines(document.alerts, now)),
    ...row("cost", costLines(document)),
    ...(recent.length === 0
      ? []
      : row(
          "recent",
          recent.map(({ at, event, id }) => `${minute(at)}  ${event}  ${id}`),
        )),
  ].join("\n");
}

/** A name, and lines beside it, none wider than a terminal. */
function row(name: string, lines: readonly string[]): string[] {
  return lines
    .flatMap((line) => wrapped(line, WIDTH - INDENT))
    .map((line, n) => `  ${(n === 0 ? name : "").padEnd(INDENT - 2)}${line}`.trimEnd());
}

function wrapped(line: string, width: number): string[] {
  const lines: string[] = [];
  let rest = line.replaceAll("\n", " ");
  while (rest.length > width) {
    const at = rest.lastIndexOf(" ", width);
    // A word that is longer than a line stays whole.
    const end = at > 0 ? at : rest.indexOf(" ", width);
    if (end < 0) break;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end + 1);
  }
  return [...lines, rest];
}

function gateLines({ lastGate }: StatusDocument, now: Date): string[] {
  if ("missing" in lastGate) return [`unknown: ${lastGate.missing}`];
  const { result, id, at, isProduction } = lastGate;
  const whose = isProduction === true ? "production" : isProduction === null ? id : `${id}, which is not production`;
  return [`${result} ${age(at, now)}: ${whose}`];
}

function sloLines(slo: StatusDocument["slo"], now: Date): string[] {
  if ("missing" in slo) return [`unknown: ${slo.missing}`];
  const of = slo.isProduction ? "" : `, of another build (${slo.buildId ?? "not known"})`;
  return [`${slo.verdict}, measured ${age(slo.checkedAt, now)}${of}`, ...slo.checks.map(checkLine)];
}

const marks = { pass: "ok  ", fail: "FAIL", inconclusive: "?   " } as const;

function checkLine({ name, probe, unit, limit, actual, verdict }: LastSlo["checks"][number]): string {
  const of = probe === null ? "" : ` of ${probe}`;
  return `${marks[verdict]} ${name}${of} ${figure(actual, unit)}, limit ${figure(limit, unit)}`;
}

function alertLines(alerts: StatusDocument["alerts"], now: Date): string[] {
  if ("missing" in alerts) return [`unknown: ${alerts.missing}`];
  const looked = `the monitor looked ${age(alerts.updatedAt, now)}`;
  if (alerts.open.length === 0) return [`none open; ${looked}`];
  return [`${alerts.open.length} open; ${looked}`, ...alerts.open.map((alert) => openLine(alert, now))];
}

function openLine({ rule, state, metric, limit, since, text }: OpenAlerts["open"][number], now: Date): string {
  return `${state} for ${span(since, now)}: ${text ?? `${rule} (${metric}, limit ${limit})`}`;
}

function costLines({ cost: { bill, estimate } }: StatusDocument): string[] {
  return [
    "missing" in bill
      ? `so far unknown: ${bill.missing}`
      : `${money(bill.soFarUsd)} this month until ${minute(bill.to)}; at that rate ${money(bill.monthUsd)} by its end`,
    "missing" in estimate
      ? `no estimate: ${estimate.missing}`
      : `estimate ${money(estimate.usd)} a month at ${formatCount(estimate.requests)} requests`,
  ];
}

/** "2026-11-23 10:05Z" */
function minute(iso: string): string {
  return `${new Date(iso).toISOString().slice(0, 16).replace("T", " ")}Z`;
}

function age(iso: string, now: Date): string {
  return `${span(iso, now)} ago`;
}

const MINUTE_MS = 60_000;

/** "3 min", "5 h", "12 days"; a clock that was set back makes nothing younger than now. */
function span(iso: string, now: Date): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - Date.parse(iso)) / MINUTE_MS));
  if (minutes < 1) return "less than a minute";
  if (minutes < 120) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60 / 24)} days`;
}

function money(usd: number): string {
  return formatUsd(roundUsd(usd));
}
