import { readIdentity, type Identity } from "../health/identity.ts";
import { measureLoad, type Target } from "../health/measure.ts";
import type { HealthPlan } from "../health/plan.ts";
import { estimateCost, loadPrices, usdOf } from "../health/price.ts";
import { unreachableCauses } from "../health/requests/causes.ts";
import { exchange, openPool } from "../health/requests/exchange.ts";
import { HEALTH_PATH, requestMaker, routeProbe } from "../health/requests/probes.ts";
import { finished, type Samples } from "../health/samples.ts";
import { createSpend } from "../health/spend.ts";
import type { MonitorState } from "./state/schema.ts";
import type { Round } from "./types.ts";

export interface Probing {
  url: string;
  headers: Readonly<Record<string, string>>;
  plan: HealthPlan;
  requestsPerRound: number;
  maxCostUsdPerDay: number;
  signal: AbortSignal;
}

type Budget = MonitorState["budget"];

/** So few that a function of one vCPU, which takes 100 ms for an answer, is half idle: watching must not make an app slow. */
const REQUESTS_PER_SECOND = 5;
/** A function may take its time to start. */
const IDENTITY_MS = 10_000;
/** A paid round is one request to each probe at most: how often is what the budget says. */
const PAID_REQUESTS = 1;
/** Taken for a request whose price nobody knows: three images of FLUX schnell (fal.ai, from memory, 2026-11-23). */
const ASSUMED_USD = 0.01;
const DAY_MS = 86_400_000;
/** What is not spent is kept for so long, so that a cron that comes once an hour finds something. */
const KEPT_MS = DAY_MS / 24;

/**
 * One round of our own probes: who answers, then a few requests. Somebody else's app is not asked for more.
 * @param now ms since 1970
 * @returns null when the signal ended it: half a round says nothing
 */
export async function probeRound(
  probing: Probing,
  budget: Budget,
  now: number,
): Promise<{ round: Round; budget: Budget } | null> {
  const { url, headers, plan, signal } = probing;
  const pool = openPool(new URL(url).origin, plan.load.maxInFlight);
  const stop = (): void => void pool.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    // Once: an app that does not answer now is not up now. For how long that has to last is the rule's business.
    const who = requestMaker(routeProbe(HEALTH_PATH), { accept: "application/json", ...headers })(0);
    const identity = readIdentity(await exchange(pool, who, IDENTITY_MS));
    if (signal.aborted) return null;
    const allowed = await allowedRequests(probing, budget, now, modelOf(identity));
    const isStranger = identity.kind === "refusal" && !mayBeOurs(identity.refusal.cause);
    const requests = isStranger ? 0 : allowed.requests;
    const samples = requests === 0 ? null : await sendProbes({ pool, ...probing }, requests, now);
    if (signal.aborted) return null;
    const refusal = identity.kind === "refusal" ? identity.refusal.message : null;
    const why = refusal ?? (requests === 0 ? allowed.why : firstFailure(samples));
    const round = { at: new Date().toISOString(), isUp: identity.kind === "app", why, ...figuresOf(samples) };
    return { round, budget: allowed.budget && spent(allowed.budget, requests, allowed.usdEach, round.costUsd) };
  } finally {
    signal.removeEventListener("abort", stop);
    await pool.destroy();
  }
}

function modelOf(identity: Identity): string | null {
  return identity.kind === "app" ? identity.app.modelId : null;
}

/** What is not reached, or fails, may be our app in trouble; a login page or another app is not. */
function mayBeOurs(cause: string): boolean {
  return cause === "server-error" || unreachableCauses.some((each) => each === cause);
}

interface Allowed {
  requests: number;
  why: string | null;
  usdEach: number;
  /** null: probes cost nothing. */
  budget: Budget;
}

/** Where requests cost money: as many as the day's money allows by now, one round's at first. */
async function allowedRequests(
  { plan, requestsPerRound, maxCostUsdPerDay }: Probing,
  budget: Budget,
  now: number,
  modelId: string | null,
): Promise<Allowed> {
  if (!plan.isPaid) return { requests: requestsPerRound, why: null, usdEach: 0, budget: null };
  await loadPrices();
  const wanted = PAID_REQUESTS * plan.probes.length;
  const { usd } = estimateCost(plan.probes, wanted, modelId);
  const usdEach = (usd ?? ASSUMED_USD * wanted) / wanted;
  const mostUsd = Math.max((maxCostUsdPerDay * KEPT_MS) / DAY_MS, Math.min(maxCostUsdPerDay, usdEach * wanted));
  const earnedUsd = budget === null ? mostUsd : (maxCostUsdPerDay * Math.max(0, now - budget.at)) / DAY_MS;
  const availableUsd = Math.min(mostUsd, (budget?.availableUsd ?? 0) + earnedUsd);
  const requests = maxCostUsdPerDay === 0 ? 0 : Math.min(wanted, Math.floor(availableUsd / usdEach + 1e-9));
  const why = `no probe was sent: a request may cost $${usdEach}, and monitor.maxCostUsdPerDay is $${maxCostUsdPerDay}`;
  return { requests, why, usdEach, budget: { availableUsd, at: now } };
}

/** What answers do not say they cost is counted as estimated. */
function spent(budget: NonNullable<Budget>, requests: number, usdEach: number, known: readonly number[]): Budget {
  const knownUsd = known.reduce((sum, usd) => sum + usd, 0);
  const usd = knownUsd + Math.max(0, requests - known.length) * usdEach;
  return { ...budget, availableUsd: budget.availableUsd - usd };
}

async function sendProbes(
  { pool, headers, plan, signal }: Probing & Pick<Target, "pool">,
  requests: number,
  now: number,
): Promise<Samples> {
  const load: HealthPlan["load"] = {
    ...plan.load,
    pace: { kind: "open", ratePerSecond: REQUESTS_PER_SECOND, rampMs: 0 },
    requests,
    // All of them: a round has no verdict of its own that could end it early.
    minDurationMs: Infinity,
    durationMs: null,
    maxCostUsd: null,
  };
  const { probes } = plan;
  const spend = createSpend(load);
  const target: Target = { pool, headers, probes, load, firstNumber: now, signal, spend, traffic: { bytes: 0 } };
  const { samples } = await measureLoad(target, [], [], () => undefined);
  return samples;
}

function figuresOf(samples: Samples | null): Pick<Round, "errors" | "latencyMs" | "firstTokenMs" | "costUsd"> {
  if (samples === null) return { errors: 0, latencyMs: [], firstTokenMs: [], costUsd: [] };
  const all = finished(samples);
  const good = all.filter((i) => samples.outcome[i] === 0);
  return {
    errors: all.length - good.length,
    latencyMs: good.map((i) => tenth(samples.latencyMs[i] ?? 0)),
    firstTokenMs: good.map((i) => tenth(samples.firstTokenMs[i] ?? 0)),
    costUsd: samples.usages.flatMap(({ usage }) => usdOf(usage) ?? []),
  };
}

/** One example says more than a share. */
function firstFailure(samples: Samples | null): string | null {
  const [first] = samples?.firstFailure.values() ?? [];
  return first?.text ?? null;
}

/** A tenth of a millisecond is more than enough in a file. */
function tenth(ms: number): number {
  return Math.round(ms * 10) / 10;
}
