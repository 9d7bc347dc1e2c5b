import * as z from "zod";
import type { ReadSignals, Signal } from "../types.ts";
import { readVercelBill, type Bill } from "./vercel-bill.ts";
import type { Asked, SignalContext } from "./asked.ts";
import { askVercel } from "./vercel-query.ts";

const COUNT = "vercel.function_invocation.count";
const DURATION = "vercel.function_invocation.function_duration_ms";
/** A bill is made up once in a while: asking for it every minute would only spend the limit of questions. */
const BILL_MAX_AGE_MS = 3_600_000;
/** Statuses are far fewer; the CLI's default of 10 groups could leave some out. */
const MAX_GROUPS = 100;

/** A row of `summary`: dimensions, and one column named after metric and aggregation. */
const metricsSchema = z.looseObject({ summary: z.array(z.record(z.string(), z.unknown())) });

type Rows = z.output<typeof metricsSchema>["summary"];

/**
 * What Vercel knows of the project's production: function invocations and how long they ran (not what a client waited, and
 * without what is served from a cache), and the bill. Metrics need a plan with Observability Plus.
 */
export function vercelSignals(context: SignalContext): ReadSignals {
  const bill = keptBill(context);
  return async (windowMs) => {
    const now = new Date();
    const since = new Date(now.getTime() - windowMs).toISOString();
    const [counts, p95, p99, cost] = await Promise.all([
      ask(context, COUNT, since, ["--group-by", "http_status", "--limit", String(MAX_GROUPS)]),
      ask(context, DURATION, since, ["--aggregation", "p95"]),
      ask(context, DURATION, since, ["--aggregation", "p99"]),
      bill(),
    ]);
    const at = now.toISOString();
    return [...metricSignals({ counts, p95, p99 }, at), billSignal(cost, at)];
  };
}

function ask(context: SignalContext, metric: string, since: string, more: readonly string[]): Promise<Asked<Rows>> {
  const args = (project: string): string[] => [
    "metrics",
    metric,
    "--prod",
    "--project",
    project,
    "--since",
    since,
    ...more,
    "--json",
  ];
  return askVercel(
    context,
    args,
    metricsSchema.transform(({ summary }) => summary),
  );
}

/** The answers as signals. A window without requests has no error rate and no p95: that is missing, and not 0. */
export function metricSignals(
  { counts, p95, p99 }: { counts: Asked<Rows>; p95: Asked<Rows>; p99: Asked<Rows> },
  at: string,
): Signal[] {
  const requests = "missing" in counts ? counts : requestsOf(counts.value);
  const samples = "missing" in requests ? null : requests.value.all;
  const signal = (metric: Signal["metric"], asked: Asked<number>): Signal => ({
    metric,
    ...("missing" in asked ? { value: null, missing: asked.missing } : { value: asked.value }),
    samples,
    source: "platform",
    at,
  });
  const errorRate: Asked<number> =
    "missing" in requests ? requests : { value: requests.value.failed / requests.value.all };
  return [
    signal("errorRate", errorRate),
    // A p95 of nobody knows how many requests is not judged.
    signal("p95Ms", "missing" in requests ? requests : columnOf(p95, `${DURATION}_p95`)),
    signal("p99Ms", "missing" in requests ? requests : columnOf(p99, `${DURATION}_p99`)),
  ];
}

const NO_REQUESTS = "no request reached a function in the window";

function requestsOf(rows: Rows): Asked<{ all: number; failed: number }> {
  const counted = rows.map((row) => ({ status: Number(row["http_status"]), n: row[columnName(`${COUNT}_sum`)] }));
  let [all, failed] = [0, 0];
  for (const { status, n } of counted) {
    if (typeof n !== "number") return { missing: "vercel metrics printed rows without a count" };
    // A client's mistake is no failure of ours; a crash is a 500, and a timeout a 504.
    if (status >= 500) failed += n;
    all += n;
  }
  return all === 0 ? { missing: NO_REQUESTS } : { value: { all, failed } };
}

function columnOf(asked: Asked<Rows>, column: string): Asked<number> {
  if ("missing" in asked) return asked;
  const value = asked.value[0]?.[columnName(column)];
  return typeof value === "number" ? { value } : { missing: NO_REQUESTS };
}

/** `getRollupColumnName` of 58.4.4. */
function columnName(metric: string): string {
  return metric.replaceAll(/[./]/g, "_");
}

function billSignal(asked: Asked<Bill>, at: string): Signal {
  const known =
    "missing" in asked
      ? { value: null, missing: asked.missing, at }
      : { value: asked.value.monthUsd, at: asked.value.to };
  return { metric: "monthlyCostUsd", ...known, samples: null, source: "bill" };
}

/** The bill, asked for again when it is an hour old; one that could not be had is asked for the next time. */
function keptBill(context: SignalContext): () => Promise<Asked<Bill>> {
  let kept: { bill: Asked<Bill>; askedMs: number } | null = null;
  return async () => {
    if (kept !== null && performance.now() - kept.askedMs < BILL_MAX_AGE_MS) return kept.bill;
    const bill = await readVercelBill(context);
    kept = "missing" in bill ? null : { bill, askedMs: performance.now() };
    return bill;
  };
}
