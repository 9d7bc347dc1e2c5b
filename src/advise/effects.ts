import type { ExplainedInput } from "../explain.ts";
import { figure } from "../health/figures.ts";
import { formatBytes, formatMs } from "../plan/format.ts";
import type { Plan } from "../plan/types.ts";
import type { Effect, Situation, Topic } from "./types.ts";

/** How effects are worked out and put into words. A figure that cannot be worked out is unknown until measured. */

/** A figure of the planner; a health check measures the times among them. */
export interface Planned {
  topic: Topic;
  on: string;
  key: "p95Ms" | "firstTokenMs" | "coldStartMs" | "bundleBytes" | "memoryBytes";
  unit: "ms" | "bytes";
}

export const p95: Planned = { topic: "latency", on: "p95", key: "p95Ms", unit: "ms" };
const firstToken: Planned = { topic: "first-token", on: "first token p95", key: "firstTokenMs", unit: "ms" };
export const coldStart: Planned = { topic: "cold-start", on: "cold start", key: "coldStartMs", unit: "ms" };
export const bundle: Planned = { topic: "fit", on: "bundle", key: "bundleBytes", unit: "bytes" };
export const memory: Planned = { topic: "fit", on: "memory", key: "memoryBytes", unit: "bytes" };

/** What is not known, in the words that are used everywhere. */
export function unknownEffect(
  { topic, on }: Pick<Planned, "topic" | "on">,
  why: string,
  unit: Effect["unit"] = "ms",
): Effect {
  const text = `${on}: unknown until measured (${why})`;
  return { on, topic, kind: "unknown", before: null, after: null, unit, gain: null, text, explained: [] };
}

/**
 * The time as it is × predicted then / predicted now: the prediction's constants cancel out, and what was measured stays
 * the base. null where the planner predicts one of the two not.
 */
export function byRatio(situation: Situation, timed: Planned, then: Plan, change: string): Effect | null {
  const now = situation.plan?.predicted[timed.key] ?? null;
  const other = then.predicted[timed.key];
  if (now === null || other === null || now <= 0) return null;
  const measured = measuredMs(situation, timed);
  const before = measured ?? now;
  const after = Number(((before * other) / now).toPrecision(3));
  const { unit } = timed;
  const gain = 1 - other / now;
  const inputs: ExplainedInput[] = [
    input(`predicted ${timed.on} now`, now, unit, "edge-ai plan"),
    input(`predicted ${timed.on} with ${change}`, other, unit, "edge-ai plan"),
    ...(measured === null ? [] : [input(`measured ${timed.on}`, measured, "ms", "the health check")]),
  ];
  const formula = measured === null ? `predicted with ${change}` : "measured × predicted then / predicted now";
  return {
    on: timed.on,
    topic: timed.topic,
    kind: "predicted",
    before,
    after,
    unit,
    gain,
    text: changeText(
      timed.on,
      before,
      after,
      unit,
      measured === null ? "predicted" : "measured, × the ratio of the predictions",
    ),
    explained: [{ what: `${timed.on} with ${change}`, value: after, unit, formula, inputs }],
  };
}

/** What a month costs now and then, at the traffic of the plan; null where no price is known. */
export function byMonth({ plan }: Situation, then: Plan, change: string): Effect | null {
  const [now, other] = [plan?.monthlyCost ?? null, then.monthlyCost ?? null];
  const requests = plan?.workload.requestsPerMonth ?? null;
  if (now === null || other === null || requests === null || now.usd <= 0) return null;
  return {
    on: "cost a month",
    topic: "cost",
    kind: "predicted",
    before: now.usd,
    after: other.usd,
    unit: "USD",
    gain: 1 - other.usd / now.usd,
    text: changeText(
      "cost a month",
      now.usd,
      other.usd,
      "USD",
      `predicted at ${requests.toLocaleString("en-US")} requests`,
    ),
    explained: [
      {
        what: `cost a month with ${change}`,
        value: other.usd,
        unit: "USD",
        formula: other.text,
        inputs: [
          input("cost now", now.usd, "USD a month", `${now.text}: ${now.source}`),
          input("prices", other.usd, "USD a month", other.source),
        ],
      },
    ],
  };
}

const writers: Record<Effect["unit"], (value: number) => string> = {
  ms: formatMs,
  bytes: formatBytes,
  USD: (value) => figure(value, "USD"),
};

/** "p95: 812 ms → 203 ms (-75 %, predicted)" */
export function changeText(on: string, before: number, after: number, unit: Effect["unit"], how: string): string {
  const percent = Math.round((after / before - 1) * 100);
  const write = writers[unit];
  return `${on}: ${write(before)} → ${write(after)} (${percent > 0 ? "+" : ""}${percent} %, ${how})`;
}

/** What the health check measured of a time; null without one. */
export function measuredMs({ measured }: Situation, { key }: Planned): number | null {
  if (measured === null) return null;
  if (key === "coldStartMs") return measured.coldStartMs;
  if (key === "p95Ms") return measured.latencyMs.p95;
  return key === "firstTokenMs" ? measured.firstTokenMs.p95 : null;
}

export function input(name: string, value: number | string, unit: string, source: string): ExplainedInput {
  return { name, value, unit, source, checkedAt: null };
}

/** The times that are in question: of the first token only where there is one. */
export function timesOf({ plan }: Situation): Planned[] {
  return plan?.task === "chat" ? [p95, firstToken] : [p95];
}
