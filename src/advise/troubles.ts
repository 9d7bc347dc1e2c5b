import type { AlertMetric } from "../config/words.ts";
import type { HealthDocument } from "../health/document.ts";
import { figure } from "../health/figures.ts";
import { metrics } from "../health/slo.ts";
import type { Plan } from "../plan/types.ts";
import { openAlerts, unitOf, type Alert } from "./alert.ts";
import type { Topic, Trouble } from "./types.ts";

/** What each figure is about. */
const topics: Record<AlertMetric, Topic> = {
  p50Ms: "latency",
  p95Ms: "latency",
  p99Ms: "latency",
  maxMs: "latency",
  firstTokenMs: "first-token",
  coldStartMs: "cold-start",
  errorRate: "errors",
  throughputPerSecond: "throughput",
  costPerRequestUsd: "cost",
  monthlyCostUsd: "cost",
  up: "errors",
};

/** What each rule of the planner is about. */
const topicOfRule: Readonly<Partial<Record<string, Topic>>> = {
  "latency-p95": "latency",
  "max-duration": "latency",
  "tokens-per-second": "latency",
  "first-token": "first-token",
  "cold-start": "cold-start",
  "monthly-cost": "cost",
  instances: "throughput",
};

/** Every limit that a health check found broken. What it could not judge is not a trouble yet. */
export function healthTroubles({ checks }: HealthDocument): Trouble[] {
  return checks
    .filter(({ verdict }) => verdict === "fail")
    .map(({ name, text, actual, limit, unit }) => ({
      topic: topicOfCheck(name),
      from: "health check",
      text: `${name}: ${text}`,
      actual,
      limit,
      unit,
    }));
}

function topicOfCheck(name: string): Topic {
  const key = Object.entries(metrics).find(([, metric]) => metric.name === name)?.[0];
  const known = Object.entries(topics).find(([metric]) => metric === key);
  return known?.[1] ?? "errors";
}

/** What the alerts say is wrong now. */
export function alertTroubles(alerts: readonly Alert[]): Trouble[] {
  return openAlerts(alerts).map(({ rule, state, metric, value, limit, target }) => ({
    topic: topics[metric],
    from: "alert",
    text: `${rule} is ${state} on ${target}: ${metric} ${figure(value, unitOf[metric])}, limit ${figure(limit, unitOf[metric])}`,
    actual: value,
    limit,
    unit: unitOf[metric],
  }));
}

/** The rules that say no to a plan. */
export function planTroubles({ reasons, mode }: Pick<Plan, "reasons" | "mode">): Trouble[] {
  return reasons
    .filter((reason) => reason.mode === mode && reason.passed === false)
    .map(({ rule, text, actual, limit, unit }) => ({
      topic: topicOfRule[rule] ?? "fit",
      from: "plan",
      text: `${rule}: ${text}`,
      actual,
      limit,
      unit,
    }));
}
