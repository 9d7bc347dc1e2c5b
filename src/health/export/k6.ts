import type { HealthPlan, Load } from "../plan.ts";
import { dueMs } from "../load.ts";
import type { Limit, LimitKey } from "../slo.ts";
import { k6Functions } from "./k6-functions.ts";
import { limitText, notesText, uncheckedExpectations } from "./notes.ts";
import { requestTemplates, type RequestTemplate } from "./requests.ts";

/**
 * How k6 says a limit: a metric and the condition it has to keep. Over the limit is failed, so the limit itself is not.
 * `errors` and `good_answers` are the script's own metrics. null: k6 does not measure it.
 */
const thresholds = {
  p50Ms: (value) => ["http_req_duration", `p(50)<=${value}`],
  p95Ms: (value) => ["http_req_duration", `p(95)<=${value}`],
  p99Ms: (value) => ["http_req_duration", `p(99)<=${value}`],
  maxMs: (value) => ["http_req_duration", `max<=${value}`],
  errorRate: (value) => ["errors", `rate<=${value}`],
  throughputPerSecond: (value) => ["good_answers", `rate>=${value}`],
  goodAnswers: (value) => ["good_answers", `count>=${value}`],
  firstTokenMs: null,
  coldStartMs: null,
  costPerRequestUsd: null,
} as const satisfies Record<LimitKey, ((value: number) => readonly [metric: string, condition: string]) | null>;

/** https://grafana.com/docs/k6/latest/using-k6/metrics/reference/#http */
const DIFFERENCES = [
  "http_req_duration leaves out what is before the request: waiting for a connection, TCP and TLS (http_req_blocked and others).",
  "It starts when the request is sent, not when it was due: a request that k6 sends late looks fast.",
  "A refused or reset request counts with the time until then, so percentiles may look better the more fails: read the errors first.",
  "Throughput is over the whole test, its last answers included.",
];

/** These would need packages in the script. */
const UNCHECKED = ["schema", "model"] as const;

/**
 * The plan as a script for k6, with its probes, limits and load.
 * @param url only its origin counts
 * @param headers sent with every request; the script has the names of variables for their values
 * @returns a JavaScript file
 */
export function exportK6(plan: HealthPlan, url: string, headers: Readonly<Record<string, string>>): string {
  const requests = requestTemplates(plan, headers);
  const limits = plan.limits.flatMap((limit) => uncheckedText(limit) ?? []);
  const unchecked = [...limits, ...uncheckedExpectations(requests, UNCHECKED)];
  const notes = { run: "k6 run healthcheck.k6.js", differences: DIFFERENCES, unchecked };
  return [
    notesText("//", plan, requests, notes),
    `import exec from "k6/execution";\nimport http from "k6/http";\nimport { Counter, Rate } from "k6/metrics";\n\n`,
    `const origin = ${source(new URL(url).origin)};\n\n`,
    `export const options = ${source(optionsOf(plan, requests))};\n\n`,
    `const probes = ${source(requests.map((request) => probeOf(request, plan.load)))};\n\n`,
    k6Functions,
  ].join("");
}

function uncheckedText(limit: Limit): string | null {
  if (thresholds[limit.key] === null) return `${limitText(limit)}: k6 does not measure it`;
  return limit.level === "warn" ? `${limitText(limit)}: a warning, and k6 knows only failures` : null;
}

/** JSON is JavaScript, but for two characters in old engines, and `__proto__`, which nobody asks for. */
function source(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .replaceAll("\u2028", String.raw`\u2028`)
    .replaceAll("\u2029", String.raw`\u2029`);
}

function optionsOf(plan: HealthPlan, requests: readonly RequestTemplate[]): object {
  return {
    scenarios: { healthcheck: { ...executorOf(plan.load), gracefulStop: `${plan.load.timeoutMs}ms` } },
    thresholds: thresholdsOf(plan, requests),
    maxRedirects: 0,
    summaryTrendStats: ["count", "p(50)", "p(95)", "p(99)", "max"],
  };
}

function executorOf({ pace, requests, durationMs, maxInFlight }: Load): object {
  if (pace.kind === "closed") {
    const { concurrency: vus } = pace;
    // Only without a time limit: k6 counts what is left of the iterations then as dropped.
    if (durationMs === null) return { executor: "shared-iterations", vus, iterations: requests, maxDuration: "24h" };
    return { executor: "constant-vus", vus, duration: `${durationMs}ms` };
  }
  const { ratePerSecond, rampMs } = pace;
  const sendingMs = Math.ceil(Math.min(durationMs ?? Infinity, dueMs(pace, requests)));
  const { rate, timeUnit } = wholeRate(ratePerSecond);
  // A k6 user has one request under way; as many as answers of 1 s need are there at once, the others when they are needed.
  const users = { preAllocatedVUs: Math.min(maxInFlight, Math.ceil(ratePerSecond)), maxVUs: maxInFlight };
  if (rampMs === 0) return { executor: "constant-arrival-rate", rate, timeUnit, duration: `${sendingMs}ms`, ...users };
  const stages = [
    { duration: `${rampMs}ms`, target: rate },
    { duration: `${Math.max(0, sendingMs - rampMs)}ms`, target: rate },
  ];
  return { executor: "ramping-arrival-rate", startRate: 0, timeUnit, stages, ...users };
}

/** k6 takes whole numbers: 2.5 a second is 25 in 10 s. Beyond 4 digits after the point it is rounded. */
function wholeRate(ratePerSecond: number): { rate: number; timeUnit: string } {
  const seconds = [1, 10, 100, 1_000].find((each) => Number.isInteger(tidy(ratePerSecond * each))) ?? 10_000;
  return { rate: Math.max(1, Math.round(ratePerSecond * seconds)), timeUnit: `${seconds}s` };
}

/** 1.1 × 100 is 110.00000000000001. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

function thresholdsOf({ limits, load }: HealthPlan, requests: readonly RequestTemplate[]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  const add = (metric: string, condition: string): void => {
    found[metric] = [...new Set([...(found[metric] ?? []), condition])];
  };
  // k6 finds that no samples at all keep p(95)<300: a probe without one good answer fails here.
  for (const { id } of requests) add(`good_answers{probe:${id}}`, "count>0");
  // What k6 had no user left for was not sent.
  if (load.pace.kind === "open") add("dropped_iterations", "count==0");
  for (const { key, value, probe, level } of limits) {
    const [metric, condition] = thresholds[key]?.(value) ?? [];
    if (metric === undefined || condition === undefined || level === "warn") continue;
    const id = requests.find((request) => request.probe.name === probe)?.id;
    add(id === undefined ? metric : `${metric}{probe:${id}}`, condition);
  }
  return found;
}

function probeOf({ probe, id, path, headers, secrets, body }: RequestTemplate, { timeoutMs }: Load): object {
  const { method, weight } = probe;
  const { status, json, contains, contentType } = probe.expect;
  const expect = { status, json, contains, contentType };
  return { id, weight, method, path, headers, secrets, body, expect, timeout: `${timeoutMs}ms` };
}
