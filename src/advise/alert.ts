import * as z from "zod";
import { alertMetrics, targetNames, type AlertMetric } from "../config/words.ts";
import { CliError, messageOf } from "../errors.ts";
import { parseWith } from "../config/read.ts";
import type { Unit } from "../health/slo.ts";

/** The unit of each metric. */
export const unitOf = {
  p50Ms: "ms",
  p95Ms: "ms",
  p99Ms: "ms",
  maxMs: "ms",
  firstTokenMs: "ms",
  coldStartMs: "ms",
  errorRate: "fraction",
  throughputPerSecond: "1/s",
  costPerRequestUsd: "USD",
  monthlyCostUsd: "USD",
  up: "requests",
} as const satisfies Record<AlertMetric, Unit>;

const remedySchema = z.strictObject({
  text: z.string(),
  command: z.string().nullable().describe("null where a key or a file has to be changed"),
  effects: z.array(z.string()).describe("what it is predicted to do; empty: unknown until measured"),
});

/** One change of state of an alert rule, as monitor writes it. */
export const alertSchema = z.strictObject({
  version: z.literal(1),
  rule: z.string().min(1).describe("the name of the rule; with the target it says which incident this is"),
  state: z.enum(["pending", "firing", "resolved"]),
  metric: z.enum(alertMetrics).describe("its unit is in its name; up: 1 when the app answers, 0 when not"),
  value: z.number().nullable().describe("null: nothing was measured"),
  limit: z.number(),
  target: z.enum(targetNames),
  at: z.iso.datetime({ offset: true }),
  id: z.string().min(1).optional().describe("the same however often it is sent: of the incident, and of its state"),
  text: z.string().optional().describe("the same in a sentence"),
  remedies: z.array(remedySchema).optional().describe("what edge-ai advise says against it, best first"),
  rollbackTo: z.string().nullable().optional().describe("the last deployment known to be good; null: none is known"),
});

export type AlertRemedy = z.infer<typeof remedySchema>;
export type Alert = z.infer<typeof alertSchema>;

/**
 * Alerts out of a file: a JSON array, one object, or an object a line.
 * @throws CliError BAD_CONFIG with every problem at once
 */
export function parseAlerts(text: string, file: string): Alert[] {
  return parseWith(z.array(alertSchema), valuesOf(text, file), file);
}

function valuesOf(text: string, file: string): unknown[] {
  const trimmed = text.trim();
  if (trimmed.startsWith("[")) {
    const value = parseJson(trimmed, file);
    return Array.isArray(value) ? value : [value];
  }
  const lines = trimmed.split("\n").filter((line) => line.trim() !== "");
  // One object may be printed over several lines; more than one is a line each.
  return lines[0]?.trim() === "{"
    ? [parseJson(trimmed, file)]
    : lines.map((line, i) => parseJson(line, `${file}:${i + 1}`));
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new CliError("BAD_CONFIG", `${where} is not valid JSON: ${messageOf(error)}`, {
      hint: "give a JSON array of alerts, or one alert a line",
      cause: error,
    });
  }
}

/** What is wrong now: of each rule and target the latest state, without what is resolved. */
export function openAlerts(alerts: readonly Alert[]): Alert[] {
  const latest = new Map<string, Alert>();
  for (const alert of alerts.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))) {
    latest.set(`${alert.target} ${alert.rule}`, alert);
  }
  return [...latest.values()].filter(({ state }) => state !== "resolved");
}
