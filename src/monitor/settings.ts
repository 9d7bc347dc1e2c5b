import { monitorSchema, type MonitorRule, type MonitorSettings } from "../config/monitor.ts";
import type { Config } from "../config/schema.ts";
import type { AlertMetric } from "../config/words.ts";
import type { Signal } from "./types.ts";

/** What a project says about its monitoring, with every default. */
export function monitorSettings({ monitor }: Pick<Config, "monitor">): MonitorSettings {
  return monitor ?? monitorSchema.parse({});
}

/** A rule with everything said. Times in ms. */
export interface Rule {
  name: string;
  metric: AlertMetric;
  limit: number;
  /** Broken above the limit, or below it. */
  side: "above" | "below";
  resolve: number;
  overMs: number;
  forMs: number;
  minSamples: number;
  goodRounds: number;
  missing: MonitorRule["missing"];
  source: Signal["source"];
}

/**
 * From how many requests on a figure is more than chance: of fewer than 20 the p95 is the slowest one and of fewer than 100
 * the p99 is; of 50 requests one error is 2 %, which one hiccup must not break.
 */
const MIN_SAMPLES: Readonly<Record<AlertMetric, number>> = {
  p50Ms: 5,
  p95Ms: 20,
  p99Ms: 100,
  maxMs: 1,
  firstTokenMs: 20,
  coldStartMs: 1,
  errorRate: 50,
  throughputPerSecond: 1,
  costPerRequestUsd: 5,
  monthlyCostUsd: 1,
  up: 1,
};

/** A rule of edge-ai.json with its defaults. */
export function completeRule(rule: MonitorRule, { windowMs }: Pick<MonitorSettings, "windowMs">): Rule {
  const { name, metric, above, below, missing, goodRounds } = rule;
  const limit = above ?? below ?? 0;
  const overMs = rule.overMs ?? windowMs;
  return {
    name,
    metric,
    limit,
    side: above === undefined ? "below" : "above",
    resolve: rule.resolve ?? limit,
    overMs,
    forMs: rule.forMs ?? overMs,
    minSamples: rule.minSamples ?? MIN_SAMPLES[metric],
    goodRounds,
    missing,
    source: rule.source ?? (metric === "monthlyCostUsd" ? "bill" : "probe"),
  };
}
