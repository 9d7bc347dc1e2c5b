import type { Slo } from "../config/schema.ts";

/** What a limit is about, and so how it is judged. */
export type Metric =
  | { kind: "quantile"; q: number; of: "latencyMs" | "firstTokenMs" }
  | { kind: "maximum" }
  | { kind: "errors" }
  | { kind: "throughput" }
  | { kind: "coldStart" }
  | { kind: "cost" }
  | { kind: "answers" };

export type Unit = "ms" | "fraction" | "1/s" | "requests" | "USD";
export type LimitKey = keyof Slo | "goodAnswers";

/** Every key of an SLO: its name in reports, its unit and what it is about. */
export const metrics = {
  p50Ms: { name: "p50", unit: "ms", metric: { kind: "quantile", q: 0.5, of: "latencyMs" } },
  p95Ms: { name: "p95", unit: "ms", metric: { kind: "quantile", q: 0.95, of: "latencyMs" } },
  p99Ms: { name: "p99", unit: "ms", metric: { kind: "quantile", q: 0.99, of: "latencyMs" } },
  maxMs: { name: "max", unit: "ms", metric: { kind: "maximum" } },
  firstTokenMs: { name: "first token p95", unit: "ms", metric: { kind: "quantile", q: 0.95, of: "firstTokenMs" } },
  coldStartMs: { name: "cold start", unit: "ms", metric: { kind: "coldStart" } },
  errorRate: { name: "error rate", unit: "fraction", metric: { kind: "errors" } },
  throughputPerSecond: { name: "throughput", unit: "1/s", metric: { kind: "throughput" } },
  costPerRequestUsd: { name: "cost per request", unit: "USD", metric: { kind: "cost" } },
  goodAnswers: { name: "good answers", unit: "requests", metric: { kind: "answers" } },
} as const satisfies Record<LimitKey, { name: string; unit: Unit; metric: Metric }>;

/** One line that must be kept: by one probe's requests, or (null) by all. */
export interface Limit {
  key: LimitKey;
  value: number;
  probe: string | null;
  /** `warn`: told, and never blocks. */
  level: "error" | "warn";
  /**
   * What it means when the run is too small to prove it. `warn` is for paid routes: "not proven" is said, but does not
   * block, as long as what was measured keeps the limit. Evidence against it always blocks.
   */
  whenUnproven: "inconclusive" | "warn";
}

/** The limits of an SLO, in the order of the table above. */
export function limitsOf(slo: Slo, probe: string | null, whenUnproven: Limit["whenUnproven"]): Limit[] {
  const keys = Object.keys(metrics).filter((key): key is keyof Slo => key !== "goodAnswers");
  return keys.flatMap((key) => {
    const given = slo[key];
    if (given === undefined) return [];
    const { limit: value, level } = typeof given === "number" ? { limit: given, level: "error" as const } : given;
    return [{ key, value, probe, level, whenUnproven }];
  });
}

/** The limits that are times of a request, for judging whether the measuring machine is quick enough for them. */
export function millisecondLimits(limits: readonly Limit[]): number[] {
  return limits.filter(({ key }) => metrics[key].unit === "ms").map(({ value }) => value);
}
