import type { Config, Probe, Slo } from "../config/schema.ts";
import { CliError } from "../errors.ts";
import { SHORTEST_THROUGHPUT_MS } from "./findings.ts";
import { builtInProbes, HEALTH_PATH, routeProbe } from "./probes.ts";
import { probeProblems } from "./sendable.ts";
import { limitsOf, metrics, type Limit } from "./slo.ts";
import { requestsNeeded } from "./statistics.ts";

/** What to send and what to judge it by. */
export interface HealthPlan {
  probes: Probe[];
  limits: Limit[];
  load: { ratePerSecond: number; requests: number; timeoutMs: number; maxInFlight: number };
  /** The health document has to be there: it is an edge-ai app that is checked, not any route of any server. */
  needsHealthDocument: boolean;
}

/** What the command line asks for; it wins over edge-ai.json. Rates a second, times in ms. */
export interface HealthWishes {
  /** The one route to check instead of the configured probes. */
  route?: Probe;
  slo?: Slo;
  ratePerSecond?: number;
  durationMs?: number;
  maxRequests?: number;
  timeoutMs?: number;
}

/** 1200 requests prove errors < 1 % in 95 % of runs when the truth is 0.25 % (facts: n for the gate to pass a good service). */
const FREE_REQUESTS = 1_200;
const PAID_REQUESTS = 20;
const PAID_RATE_PER_SECOND = 2;
const LARGEST_RUN = 100_000;
const DEFAULT_P95_MS = 300;
const DEFAULT_ERROR_RATE = 0.01;
const DEFAULT_THROUGHPUT = 100;
/** "100 a second" can only be shown by offering more: 10 %, in percent so that 100/s becomes 110 and not 110.00000000000001. */
const OFFERED_PERCENT = 110;
const TIMEOUT_MS = 10_000;
const MAX_IN_FLIGHT = 1_000;

/**
 * Decides what a health check sends and judges.
 * @param config edge-ai.json, or null when the app is only known by its URL
 * @throws CliError BAD_CONFIG for probes that cannot be sent, USAGE when no request is due in the time that was given
 */
export function planHealth(config: Config | null, wishes: HealthWishes = {}): HealthPlan {
  const probes = probesOf(config, wishes);
  refuseUnsendable(probes);
  const free = isFree(config, probes);
  const slo = { ...sloOf(config, wishes, free), ...wishes.slo };
  const rate = wishes.ratePerSecond ?? rateFor(slo, free);
  const requests = requestCount(wishes, rate, free);
  return {
    probes,
    limits: planLimits(slo, wishes.slo ?? {}, probes, free),
    load: {
      ratePerSecond: rate,
      requests,
      timeoutMs: wishes.timeoutMs ?? TIMEOUT_MS,
      maxInFlight: MAX_IN_FLIGHT,
    },
    needsHealthDocument: wishes.route === undefined,
  };
}

function refuseUnsendable(probes: readonly Probe[]): void {
  const problems = probeProblems(probes);
  if (problems.length === 0) return;
  throw new CliError("BAD_CONFIG", `edge-ai.json has probes that cannot be sent\n${problems.join("\n")}`, {
    hint: "correct probes in edge-ai.json",
  });
}

function probesOf(config: Config | null, { route }: HealthWishes): Probe[] {
  if (route !== undefined) return [route];
  if (config === null) return [routeProbe(HEALTH_PATH)];
  return config.probes.length > 0 ? config.probes : [builtInProbes[config.task]];
}

/** One of the project's own probes, or the same route and method as one. */
function isOwn(config: Config, probe: Probe): boolean {
  const own = [...config.probes, builtInProbes[config.task]];
  return own.some(({ path, method }) => path === probe.path && method === probe.method);
}

/** Does a request cost nothing? Where that is not known, reading is taken to be free and everything else is not. */
function isFree(config: Config | null, probes: readonly Probe[]): boolean {
  const reads = probes.every(({ method }) => method === "GET" || method === "HEAD");
  // A route that was named may be another app's: the project's mode says nothing about it.
  if (config === null || !probes.every((probe) => isOwn(config, probe))) return reads;
  return config.mode === "local" && (config.task === "embeddings" || config.task === "classify");
}

/** The SLO of edge-ai.json over the defaults. Latency and errors are always judged; throughput only where it is asked for, or nothing is. */
function sloOf(config: Config | null, wishes: HealthWishes, free: boolean): Slo {
  const budgetMs = config?.latencyBudgetMs ?? DEFAULT_P95_MS;
  const latency: Slo = config?.task === "chat" ? { firstTokenMs: budgetMs } : { p95Ms: budgetMs };
  // Nobody asked for a throughput when a route of an unknown app is checked, or at a rate that cannot show it.
  const canShow = (wishes.ratePerSecond ?? Infinity) >= DEFAULT_THROUGHPUT;
  const isSilent = config !== null && Object.keys(config.slo).length === 0;
  const throughput: Slo =
    free && isSilent && wishes.route === undefined && canShow ? { throughputPerSecond: DEFAULT_THROUGHPUT } : {};
  return { ...latency, errorRate: DEFAULT_ERROR_RATE, ...throughput, ...config?.slo };
}

function planLimits(slo: Slo, asked: Slo, probes: readonly Probe[], free: boolean): Limit[] {
  const whenUnproven = free ? "inconclusive" : "warn";
  const limits = [
    ...limitsOf(slo, null, whenUnproven),
    ...probes.flatMap((probe) => limitsOf(probe.slo, probe.name, whenUnproven)),
  ].map((limit): Limit => {
    const explicit = limit.probe === null && Object.keys(asked).includes(limit.key);
    return explicit ? { ...limit, whenUnproven: "inconclusive" } : limit;
  });
  // A small run of a paid route may prove none of its limits: that it answers at all is then what is judged.
  return free ? limits : [...limits, { key: "goodAnswers", value: 1, probe: null, whenUnproven: "inconclusive" }];
}

function rateFor({ throughputPerSecond }: Slo, free: boolean): number {
  if (throughputPerSecond !== undefined) return (throughputPerSecond * OFFERED_PERCENT) / 100;
  return free ? (DEFAULT_THROUGHPUT * OFFERED_PERCENT) / 100 : PAID_RATE_PER_SECOND;
}

/** As many as were asked for, within the time that was asked for. */
function requestCount({ durationMs, maxRequests }: HealthWishes, rate: number, free: boolean): number {
  const inTime = durationMs === undefined ? Infinity : Math.floor((durationMs / 1_000) * rate);
  const most = maxRequests ?? (durationMs === undefined || !free ? defaultRequests(rate, free) : LARGEST_RUN);
  if (inTime >= 1) return Math.min(most, inTime, LARGEST_RUN);
  throw new CliError("USAGE", `at ${rate} requests a second none is due within ${durationMs} ms`, {
    hint: "raise --rate or --duration",
  });
}

/** At high rates enough for 10 s, since a throughput over less says little. */
function defaultRequests(rate: number, free: boolean): number {
  return free ? Math.max(FREE_REQUESTS, Math.ceil(rate * 10)) : PAID_REQUESTS;
}

/** A short run is to prove its limits even when it meets one bad answer. */
const BAD_ANSWERS = 1;

/** The same plan with only as many requests as its limits need to be proven; never more than the whole plan has. */
export function shortened(plan: HealthPlan): HealthPlan {
  const needed = plan.limits.map((limit) => needsOf(limit, plan.load.ratePerSecond));
  const requests = Math.min(plan.load.requests, Math.max(1, ...needed));
  return { ...plan, load: { ...plan.load, requests } };
}

function needsOf({ key, value }: Limit, ratePerSecond: number): number {
  const { metric } = metrics[key];
  if (metric.kind === "quantile") return requestsNeeded(BAD_ANSWERS, 1 - metric.q);
  if (metric.kind === "errors" && value > 0) return requestsNeeded(BAD_ANSWERS, value);
  if (metric.kind === "throughput") return Math.ceil((SHORTEST_THROUGHPUT_MS / 1_000) * ratePerSecond * 1.1);
  return 1;
}
