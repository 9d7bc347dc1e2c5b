import * as z from "zod";
import { quantile } from "../../health/statistics/statistics.ts";
import { ApiError } from "./api-error.ts";
import { ok, readJson, type Call, type Handler } from "./call.ts";
import { findProject } from "./project.ts";
import type { Platform } from "./platform.ts";
import type { Invocation } from "./traffic.ts";

/**
 * `vercel metrics`, as far as it is asked about functions: computed from what the emulated edge has served. Names,
 * aggregations and columns as in the CLI 58.4.4 and its tests (github.com/vercel/vercel, packages/cli/test/unit/commands/metrics).
 */
const metrics = {
  "vercel.function_invocation.count": { unit: "count", aggregations: ["sum"], defaultAggregation: "sum" },
  "vercel.function_invocation.function_duration_ms": {
    unit: "milliseconds",
    aggregations: ["avg", "max", "p75", "p90", "p95", "p99"],
    defaultAggregation: "avg",
  },
} as const;

const aggregate: Readonly<Record<string, (values: number[]) => number>> = {
  avg: (values) => values.reduce((sum, each) => sum + each, 0) / values.length,
  max: (values) => Math.max(...values),
  p75: (values) => percentile(values, 0.75),
  p90: (values) => percentile(values, 0.9),
  p95: (values) => percentile(values, 0.95),
  p99: (values) => percentile(values, 0.99),
};

function percentile(values: number[], q: number): number {
  return quantile(Float64Array.from(values).toSorted(), q);
}

const querySchema = z.looseObject({
  scope: z.looseObject({ type: z.literal("project"), ownerId: z.string(), projectIds: z.tuple([z.string()]) }),
  metric: z.string(),
  aggregation: z.string(),
  startTime: z.iso.datetime(),
  endTime: z.iso.datetime(),
  groupBy: z.array(z.literal("http_status")).max(1).default([]),
  filter: z.literal("environment eq 'production'").optional(),
});

type Query = z.output<typeof querySchema>;

export const metricSchema: Handler = (platform, { param }) => {
  requireMetrics(platform);
  const id = param("metric");
  const found = Object.entries(metrics).filter(([name]) => name === id || name.startsWith(`${id}.`));
  if (found.length === 0) throw new ApiError(400, "unknown_metric", `Unknown metric "${id}".`);
  const dimensions = [{ name: "http_status", label: "HTTP Status" }];
  // The reply of this endpoint is an array, which is an object too.
  return ok(found.map(([name, metric]) => ({ id: name, description: name, dimensions, ...metric })));
};

export const queryMetrics: Handler = async (platform, call: Call) => {
  requireMetrics(platform);
  const query = await readJson(call, querySchema);
  const project = findProject(platform, query.scope.projectIds[0], query.scope.ownerId);
  const column = `${query.metric}_${query.aggregation}`.replaceAll(/[./]/g, "_");
  const rows = rowsOf(platform, query, project.id, column);
  return ok({ summary: rows, data: [], statistics: { rowsRead: rows.length } });
};

function rowsOf({ invocations }: Platform, query: Query, projectId: string, column: string): object[] {
  const [from, to] = [Date.parse(query.startTime), Date.parse(query.endTime)];
  const seen = invocations.filter(
    (each) =>
      each.projectId === projectId &&
      each.endedAt >= from &&
      each.endedAt <= to &&
      (query.filter === undefined || each.environment === "production"),
  );
  if (seen.length === 0) return [];
  const value = (some: Invocation[]): number => valueOf(query, some);
  if (query.groupBy.length === 0) return [{ [column]: value(seen) }];
  const statuses = [...new Set(seen.map(({ status }) => status))];
  return statuses.map((status) => ({
    http_status: String(status),
    [column]: value(seen.filter((each) => each.status === status)),
  }));
}

function valueOf({ metric, aggregation }: Query, some: Invocation[]): number {
  if (metric === "vercel.function_invocation.count" && aggregation === "sum") return some.length;
  const compute = metric === "vercel.function_invocation.function_duration_ms" ? aggregate[aggregation] : undefined;
  if (compute === undefined) throw new ApiError(400, "invalid_aggregation", `${metric} has no ${aggregation}`);
  return compute(some.map(({ durationMs }) => durationMs));
}

/** Queries need Observability Plus, which is for Pro and Enterprise (vercel.com/docs/observability/observability-plus). */
function requireMetrics({ settings }: Platform): void {
  if (settings.plan !== "hobby") return;
  throw new ApiError(402, "payment_required", "This feature requires an Observability Plus subscription.");
}
