import { formatBytes, formatMs, formatSize } from "./format.ts";
import type { Answer, Plan, Reason } from "./types.ts";

const MARKS = { true: "✓", false: "✗", null: "?" } as const;

/** A plan as text: the decision on the first line, then why. No colour, no trailing newline. */
export function renderPlan(plan: Plan): string {
  return [
    decision(plan),
    section("Why", [...plan.reasons.map((reason) => reasonLine(reason, plan)), `- ${plan.platformReason} (platform)`]),
    section("Nearest that fits", nearestLines(plan)),
    section("Predicted", predictedLines(plan)),
    section("Function", functionLines(plan)),
    section("Other modes", plan.alternatives.map(alternativeLine)),
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

/** Names the mode where it is not the one that was chosen. */
function reasonLine({ passed, mode, rule, text }: Reason, plan: Plan): string {
  return `${mark(passed)} ${text} (${mode === plan.mode ? rule : `${mode}: ${rule}`})`;
}

function nearestLines(plan: Plan): string[] {
  if (plan.fits) return [];
  const lines = (plan.nearest ?? []).map(({ text, flags }) => `${text}: ${flags.join(" ")}`);
  return lines.length === 0 ? ["nothing in the catalogue"] : lines;
}

function predictedLines({ predicted, mode }: Plan): string[] {
  const { p95Ms, firstTokenMs, tokensPerSecond, coldStartMs, bundleBytes, memoryBytes } = predicted;
  const known = [
    firstTokenMs === null ? null : `first token ${formatMs(firstTokenMs)}`,
    p95Ms === null ? "p95 unknown" : `p95 ${formatMs(p95Ms)}`,
    tokensPerSecond === null ? null : `${tokensPerSecond} tokens/s`,
    coldStartMs === null ? "cold start unknown" : `cold start ${formatMs(coldStartMs)} + fetch of the bundle`,
    bundleBytes === null ? null : `bundle ${formatBytes(bundleBytes)}`,
    memoryBytes === null ? null : `memory ${formatBytes(memoryBytes)}`,
  ].filter((part) => part !== null);
  return [`${known.join(" · ")}${mode === "local" ? "" : " (the endpoint decides the latency)"}`];
}

function functionLines({ function: fn, instances }: Plan): string[] {
  const limit = fn.maxDurationSeconds === null ? "no time limit" : `${fn.maxDurationSeconds} s`;
  return [`${fn.memoryMb} MB · ${fn.vcpus} vCPU · ${limit} · ${fn.regions.join(", ")}`, instances.text];
}

function alternativeLine({ mode, passed, failed }: Plan["alternatives"][number]): string {
  const outcome = { true: "fits too", false: `fails ${failed.join(", ")}`, null: "possible, not measured" };
  return `${mark(passed)} ${mode}: ${outcome[`${passed}`]}`;
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : [title, ...lines.map((line) => `  ${line}`)].join("\n");
}

function mark(passed: Answer): string {
  return MARKS[`${passed}`];
}
