import { formatBytes, formatMs, formatRange, formatRate, formatSize, formatUsd } from "./format.ts";
import { missedBy } from "./margin.ts";
import type { Alternative, Answer, Nearest, Plan, Reason } from "./types.ts";

const MARKS = { true: "✓", false: "✗", null: "?" } as const;

/** A plan as text: the decision and what moved it on the first lines, then why. No colour, no trailing newline. */
export function renderPlan(plan: Plan): string {
  return [
    [decision(plan), ...moved(plan)].join("\n"),
    section("Why", [...plan.reasons.map((reason) => reasonLine(reason, plan)), `- ${plan.platformReason} (platform)`]),
    section("Nearest that fits", nearestLines(plan)),
    section("Predicted", predictedLines(plan)),
    section("Function", functionLines(plan)),
    section(
      "Other modes",
      plan.alternatives.map((other) => alternativeLine(other, plan)),
    ),
    section(
      "Warnings",
      plan.warnings.map((warning) => `! ${warning}`),
    ),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function decision({ fits, mode, platform, model, task }: Plan): string {
  const size = `${formatSize(model)}, ${model.class}`;
  const subject = `${task} with ${model.id === null ? `a model of ${size}` : `${model.id} (${size})`}`;
  return fits ? `${mode} on ${platform} — ${subject}` : `does not fit ${mode} on ${platform} — ${subject}`;
}

/** What moved the plan off the table's row, and what would bring it back. */
function moved({ mode, tableMode, reasons, back }: Plan): string[] {
  if (mode === tableMode) return [];
  const movers = reasons.filter(({ movedTo }) => movedTo !== undefined);
  if (movers.length === 0) return [`the size table says ${tableMode}; --mode says ${mode}`];
  const why = movers.map((reason) => whyMoved(reason, tableMode));
  const nearest = back?.[0];
  return [
    `the size table says ${tableMode}; moved to ${mode} by ${why.join(", ")}`,
    ...(nearest === undefined ? [] : [`back to ${tableMode}: ${nearestLine(nearest)}`]),
  ];
}

function whyMoved(reason: Reason, tableMode: string): string {
  return `${reason.mode === tableMode ? "" : `${reason.mode}: `}${ruleAndMargin(reason)}`;
}

/** "first-token (over by 3.03 s, 4.03×)" */
function ruleAndMargin(reason: Reason): string {
  const by = missedBy(reason);
  return by === "" ? reason.rule : `${reason.rule} (${by})`;
}

/** Names the mode where it is not the one that was chosen. */
function reasonLine({ passed, mode, rule, text }: Reason, plan: Plan): string {
  return `${mark(passed)} ${text} (${mode === plan.mode ? rule : `${mode}: ${rule}`})`;
}

function nearestLines({ fits, nearest = [] }: Plan): string[] {
  if (fits) return [];
  return nearest.length === 0 ? ["nothing in the catalogue"] : nearest.map(nearestLine);
}

function nearestLine({ text, flags, without = [] }: Nearest): string {
  const change = [...flags, ...without.map((flag) => `without ${flag}`)].join(" ");
  return change === "" ? text : `${text}: ${change}`;
}

function predictedLines({ predicted, mode, measured, monthlyCost }: Plan): string[] {
  const { p95Ms, firstTokenMs, tokensPerSecond, coldStartMs, bundleBytes, memoryBytes, cpuMs, ranges } = predicted;
  const known = [
    firstTokenMs === null ? null : `first token ${formatRange(firstTokenMs, ranges.firstTokenMs, formatMs)}`,
    p95Ms === null ? "p95 unknown" : `p95 ${formatRange(p95Ms, ranges.p95Ms, formatMs)}`,
    tokensPerSecond === null ? null : formatRange(tokensPerSecond, ranges.tokensPerSecond, formatRate),
    coldStartMs === null
      ? "cold start unknown"
      : `cold start ${formatRange(coldStartMs, ranges.coldStartMs, formatMs)} + fetch of the bundle`,
    cpuMs === null ? null : `processor ${formatRange(cpuMs, ranges.cpuMs, formatMs)} a request`,
    bundleBytes === null ? null : `bundle ${formatRange(bundleBytes, ranges.bundleBytes, formatBytes)}`,
    memoryBytes === null ? null : `memory ${formatRange(memoryBytes, ranges.memoryBytes, formatBytes)}`,
  ].filter((part) => part !== null);
  const cost = monthlyCost == null ? [] : [monthlyCost.text];
  return [`${known.join(" · ")}${howSure(mode, measured)}`, ...cost];
}

function howSure(mode: string, measured: Plan["measured"]): string {
  if (mode !== "local") return " (the endpoint decides the latency)";
  return measured === undefined ? "" : " (measured)";
}

function functionLines({ function: fn, instances }: Plan): string[] {
  const limit = fn.maxDurationSeconds === null ? "no time limit" : `${fn.maxDurationSeconds} s`;
  return [`${fn.memoryMb} MB · ${fn.vcpus} vCPU · ${limit} · ${fn.regions.join(", ")}`, instances.text];
}

function alternativeLine(other: Alternative, { runnerUp }: Plan): string {
  const outcome = { true: "fits too", false: ruledOutBy(other), null: "possible, not measured" };
  const cost = other.monthlyCost == null ? "" : ` · ${formatUsd(other.monthlyCost.usd)} a month`;
  const rank = other.mode === runnerUp ? " (runner-up)" : "";
  return `${mark(other.passed)} ${other.mode}: ${outcome[`${other.passed}`]}${cost}${rank}`;
}

function ruledOutBy({ failed, ruledOut = [] }: Alternative): string {
  const each = failed.map((rule) => {
    const reason = ruledOut.find((one) => one.rule === rule);
    return reason === undefined ? rule : ruleAndMargin(reason);
  });
  return `fails ${each.join(", ")}`;
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : [title, ...lines.map((line) => `  ${line}`)].join("\n");
}

function mark(passed: Answer): string {
  return MARKS[`${passed}`];
}
