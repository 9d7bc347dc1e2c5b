import type { Config, Probe, Slo } from "../config/schema.ts";
import { tasks } from "../config/words.ts";
import { CliError } from "../errors.ts";
import { SHORTEST_THROUGHPUT_MS } from "./findings.ts";
import { dueWithin, type Pace } from "./load.ts";
import { builtInProbes, HEALTH_PATH, routeProbe } from "./requests/probes.ts";
import { probeProblems } from "./requests/sendable.ts";
import { limitsOf, type Limit } from "./slo.ts";
import type { RemedyContext } from "./remedies/remedies.ts";

/** How much is sent, and how. */
export interface Load {
  pace: Pace;
  /** At most. A run ends earlier when every limit has its verdict and `minDurationMs` is over. */
  requests: number;
  minDurationMs: number;
  /** Longest time to send; null: as long as `requests` take. */
  durationMs: number | null;
  /** A request without a whole answer by then is an error. */
  timeoutMs: number;
  /** Also the most connections. */
  maxInFlight: number;
  maxBytes: number | null;
  maxCostUsd: number | null;
  /** What one request is expected to cost at most; null: not known. */
  estimatedUsdPerRequest: number | null;
}

/** What to send and what to judge it by. */
export interface HealthPlan {
  probes: Probe[];
  limits: Limit[];
  load: Load;
  /** The health document has to be there: it is an edge-ai app that is checked, not any route of any server. */
  needsHealthDocument: boolean;
  /** Calling the probes costs money. */
  isPaid: boolean;
  /** What the app is, for advice that fits it; null when only its URL is known. */
  app: RemedyContext | null;
}

/** What the command line asks for; it wins over edge-ai.json. Rates a second, times in ms. */
export interface HealthWishes {
  /** The one route to check instead of the configured probes. */
  route?: Probe;
  slo?: Slo;
  ratePerSecond?: number;
  rampMs?: number;
  /** A closed loop of so many connections. */
  concurrency?: number;
  durationMs?: number;
  minDurationMs?: number;
  maxRequests?: number;
  maxBytes?: number;
  maxCostUsd?: number;
  timeoutMs?: number;
}

/** An app far inside its limits is through after a few hundred requests; one near them gets a minute to show it. */
const FREE_BUDGET_MS = 60_000;
/**
 * So that what happens every few seconds (a collected heap, a new instance) can happen in the run. Of apps whose errors, 1 %
 * in truth, come in bursts of 10, a third passes after 10 s, since no burst came; 4 % after 30 s (bench/calibration.ts).
 */
const MIN_DURATION_MS = 10_000;
const PAID_REQUESTS = 20;
/** An image costs some hundred times what a short answer does (fal.ai's FLUX schnell: $0.003 a megapixel, from memory, 2026-11-23). */
const IMAGE_REQUESTS = 5;
const PAID_RATE_PER_SECOND = 2;
const PAID_MAX_COST_USD = 1;
const LARGEST_RUN = 100_000;
const DEFAULT_P95_MS = 300;
const DEFAULT_ERROR_RATE = 0.01;
const DEFAULT_THROUGHPUT = 100;
/** "100 a second" can only be shown by offering more: 10 %, in percent so that 100/s becomes 110 and not 110.00000000000001. */
const OFFERED_PERCENT = 110;
const TIMEOUT_MS = 10_000;
/** A model may write for long. */
const PAID_TIMEOUT_MS = 60_000;
/** A freeze of two seconds is to be seen as what it is: late answers, not requests that were never sent. */
const SECONDS_IN_FLIGHT = 2;
const MIN_IN_FLIGHT = 1_000;

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
  return {
    probes,
    limits: planLimits(slo, wishes.slo ?? {}, probes, free),
    load: planLoad(wishes, slo, free, probes.some(makesImages) ? IMAGE_REQUESTS : PAID_REQUESTS),
    needsHealthDocument: wishes.route === undefined,
    isPaid: !free,
    app: config === null ? null : { task: config.task, mode: config.mode, target: config.target },
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
  return own.some(({ path, method }) => routeOf(path) === routeOf(probe.path) && method === probe.method);
}

function routeOf(path: string): string {
  return path.split("?")[0] ?? path;
}

function makesImages({ path }: Probe): boolean {
  return routeOf(path) === "/api/image" || routeOf(path) === "/v1/images/generations";
}

/** A function of an app that calls a paid model. */
function mayBePaid({ mode }: Config, { path }: Probe): boolean {
  return mode !== "local" && path.startsWith("/api/") && routeOf(path) !== HEALTH_PATH;
}

/** The route of a model that was added to an app whose own runs in the function: that one is asked elsewhere. */
function isAddedModel({ task }: Config, { path }: Probe): boolean {
  return tasks.some((other) => other !== task && routeOf(path) === `/api/${other}`);
}

/** Does a request cost nothing? Where that is not known, reading is taken to be free and everything else is not. */
function isFree(config: Config | null, probes: readonly Probe[]): boolean {
  if (config !== null && probes.some((probe) => mayBePaid(config, probe) || isAddedModel(config, probe))) return false;
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
  const canShow = wishes.concurrency === undefined && (wishes.ratePerSecond ?? Infinity) >= DEFAULT_THROUGHPUT;
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
  // A small run of a paid route may prove none of its limits, and limits that only warn decide nothing: that it answers at
  // all is then what is judged.
  if (free && limits.some(({ level }) => level === "error")) return limits;
  return [...limits, { key: "goodAnswers", value: 1, probe: null, level: "error", whenUnproven: "inconclusive" }];
}

function planLoad(wishes: HealthWishes, slo: Slo, free: boolean, paidRequests: number): Load {
  const { durationMs = null, maxRequests, maxBytes = null, rampMs = 0 } = wishes;
  const pace = paceOf(wishes, slo, free);
  const budgetMs = free ? rampMs + FREE_BUDGET_MS : null;
  return {
    pace,
    requests: requestCount(wishes, pace, free ? null : paidRequests),
    // Who asks for a short run gets one.
    minDurationMs: wishes.minDurationMs ?? (free ? Math.min(rampMs + MIN_DURATION_MS, durationMs ?? Infinity) : 0),
    durationMs: durationMs ?? (maxRequests === undefined && wishes.minDurationMs === undefined ? budgetMs : null),
    timeoutMs: wishes.timeoutMs ?? (free ? TIMEOUT_MS : PAID_TIMEOUT_MS),
    maxInFlight: inFlight(pace),
    maxBytes,
    maxCostUsd: wishes.maxCostUsd ?? (free ? null : PAID_MAX_COST_USD),
    estimatedUsdPerRequest: null,
  };
}

function paceOf({ ratePerSecond, rampMs = 0, concurrency }: HealthWishes, slo: Slo, free: boolean): Pace {
  if (concurrency !== undefined) return { kind: "closed", concurrency };
  return { kind: "open", ratePerSecond: ratePerSecond ?? rateFor(slo, free), rampMs };
}

function inFlight(pace: Pace): number {
  if (pace.kind === "closed") return pace.concurrency;
  return Math.max(MIN_IN_FLIGHT, Math.ceil(pace.ratePerSecond * SECONDS_IN_FLIGHT));
}

function rateFor({ throughputPerSecond }: Slo, free: boolean): number {
  const wanted = typeof throughputPerSecond === "object" ? throughputPerSecond.limit : throughputPerSecond;
  if (wanted !== undefined) return (wanted * OFFERED_PERCENT) / 100;
  return free ? (DEFAULT_THROUGHPUT * OFFERED_PERCENT) / 100 : PAID_RATE_PER_SECOND;
}

/** As many as were asked for, within the time that was asked for. */
function requestCount(
  { durationMs, minDurationMs, maxRequests, rampMs = 0 }: HealthWishes,
  pace: Pace,
  paidRequests: number | null,
): number {
  const isTimed = paidRequests === null && maxRequests === undefined;
  const budgetMs = durationMs ?? (isTimed ? Math.max(rampMs + FREE_BUDGET_MS, minDurationMs ?? 0) : Infinity);
  const inTime = pace.kind === "open" ? dueWithin(pace, budgetMs) : LARGEST_RUN;
  const most = maxRequests ?? paidRequests ?? LARGEST_RUN;
  if (inTime >= 1) return Math.min(most, inTime, LARGEST_RUN);
  throw new CliError("USAGE", `at the rate that was asked for, no request is due within ${budgetMs} ms`, {
    hint: "raise --rate or --duration",
  });
}

/** The same plan for production after a promotion, whose deployment has just passed: it may be sure after half of the time. */
export function watchPlan(plan: HealthPlan): HealthPlan {
  const minDurationMs = Math.min(plan.load.minDurationMs, SHORTEST_THROUGHPUT_MS);
  return { ...plan, load: { ...plan.load, minDurationMs } };
}
