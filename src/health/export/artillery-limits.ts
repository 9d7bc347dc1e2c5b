import type { HealthPlan } from "../plan.ts";
import { dueMs } from "../load.ts";
import type { Limit, LimitKey } from "../slo.ts";
import { limitText } from "./notes.ts";
import type { RequestTemplate } from "./requests.ts";

/** A condition of artillery's `ensure`; one that is not strict is told and does not fail the run. */
interface Condition {
  expression: string;
  strict?: false;
}

const percentiles: Partial<Record<LimitKey, string>> = { p50Ms: "p50", p95Ms: "p95", p99Ms: "p99", maxMs: "max" };

/**
 * The limits as conditions. One that names a metric without a sample fails: artillery cannot work it out (seen with 2.0.34).
 * @returns at least one condition, as a run in which nothing was answered must not pass
 */
export function conditionsOf(plan: HealthPlan, requests: readonly RequestTemplate[]): Condition[] {
  const conditions = plan.limits.flatMap((limit) => {
    const strict = limit.level === "warn" ? { strict: false as const } : {};
    return expressionsOf(limit, plan, requests).map((expression) => ({ expression, ...strict }));
  });
  return [{ expression: "vusers.completed > 0" }, ...conditions];
}

/** Limits that artillery does not check, or not as a whole, and why. */
export function uncheckedTexts(plan: HealthPlan, requests: readonly RequestTemplate[]): string[] {
  return plan.limits.flatMap((limit) => {
    if (expressionsOf(limit, plan, requests).length === 0)
      return [`${limitText(limit)}: artillery does not measure it`];
    if (limit.probe === null || requests.length === 1) return [];
    if (limit.key in percentiles)
      return [`${limitText(limit)}: for one of several probes, only the time to the first byte`];
    return limit.key === "errorRate"
      ? [`${limitText(limit)}: for one of several probes, only the status of its answers`]
      : [];
  });
}

function expressionsOf(limit: Limit, plan: HealthPlan, requests: readonly RequestTemplate[]): string[] {
  const { key, value } = limit;
  const own = requests.length === 1 ? undefined : requests.find(({ probe }) => probe.name === limit.probe);
  const percentile = percentiles[key];
  if (percentile !== undefined) return [`${timesOf(own)}.${percentile} <= ${decimal(value)}`];
  if (key === "errorRate") return errorExpressions(value, own, requests);
  if (own !== undefined) return [];
  if (key === "goodAnswers") return [`vusers.completed >= ${decimal(value)}`];
  return key === "throughputPerSecond" ? [throughputExpression(value, plan)] : [];
}

function timesOf(own: RequestTemplate | undefined): string {
  return own === undefined ? "http.total" : `plugins.metrics-by-endpoint.response_time.${own.id}`;
}

/**
 * artillery fails a user for no answer or a wrong body, and counts answers by status. One count for both would need its
 * `expect` plugin, so there are two conditions: either kind of error alone has to keep the limit. They are mostly the same
 * requests, as an error page has not the body that is expected either.
 */
function errorExpressions(value: number, own: RequestTemplate | undefined, all: readonly RequestTemplate[]): string[] {
  const limit = decimal(value);
  const statuses = (own === undefined ? all : [own]).map(rightStatus).join(" + ");
  if (own !== undefined) return [`(${timesOf(own)}.count - ${statuses}) / ${timesOf(own)}.count <= ${limit}`];
  return [
    `(vusers.created - vusers.completed) / vusers.created <= ${limit}`,
    `(vusers.created - (${statuses})) / vusers.created <= ${limit}`,
  ];
}

function rightStatus({ id, probe }: RequestTemplate): string {
  return `plugins.metrics-by-endpoint.${id}.codes.${probe.expect.status}`;
}

function throughputExpression(value: number, { load }: HealthPlan): string {
  const { pace, requests, durationMs } = load;
  const sendingMs = pace.kind === "open" ? Math.min(durationMs ?? Infinity, dueMs(pace, requests)) : 0;
  return `vusers.completed / ${decimal(Math.max(1, sendingMs) / 1_000)} >= ${decimal(value)}`;
}

/** The expressions know no exponents: 1e-7 would be 1 × e − 7. */
function decimal(value: number): string {
  return value.toFixed(9).replace(/\.?0+$/, "");
}
