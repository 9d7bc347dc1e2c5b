// create-edge-ai 0.1.0
import { positive } from "./positive.ts";
import { reportOn } from "./reports.ts";

/** Upstash's REST API, under the names that Vercel's marketplace or Upstash itself gives. */
const url = process.env.KV_REST_API_URL || process.env.UPSTASH_REDIS_REST_URL || "";
const token = process.env.KV_REST_API_TOKEN || process.env.UPSTASH_REDIS_REST_TOKEN || "";

/** All that a request ever waits for Redis: it is there to make things better, so it may not make them slow. */
const LIMIT_MS = positive(process.env.REDIS_TIMEOUT_MS, 100);
/** What requests have left of it. */
const leftMs = new WeakMap<object, number>();
/** A late answer is of no use to its request, but the connection is to the next one: a first one takes longer. */
const CONNECTION_MS = Math.max(1_000, LIMIT_MS);
/** After a failure nobody asks for so long; then one request tries. A dead Redis costs one wait a second. */
const REST_MS = 1_000;
const LOG_EVERY_MS = 60_000;

export const hasRedis: boolean = url !== "" && token !== "";

const state = { failedAtMs: -Infinity, isFailing: false, probeUntilMs: 0, roundTripMs: 0, loggedAtMs: -Infinity };

/**
 * Sends a command, like `redis(call.request, "GET", "key")`.
 * @param asker whose time it takes: all commands of a request together get LIMIT_MS
 * @returns its result; null as well when there is no Redis, or when it fails or is late: within that limit in any case
 */
export async function redis(asker: object, ...command: readonly (string | number)[]): Promise<unknown> {
  const limitMs = leftMs.get(asker) ?? LIMIT_MS;
  if (!hasRedis || limitMs <= 0 || isResting()) return null;
  const startedMs = performance.now();
  // A request may end without a word on Workers: the next one tries when its time is over.
  if (state.isFailing) state.probeUntilMs = startedMs + CONNECTION_MS;
  try {
    const result = await within(limitMs, send(command));
    state.isFailing = false;
    state.roundTripMs = performance.now() - startedMs;
    return result;
  } catch (error) {
    // Who got only the rest of a request's time could not be in time.
    if (!(error instanceof LateError) || limitMs >= LIMIT_MS / 2) fail(error);
    return null;
  } finally {
    state.probeUntilMs = 0;
    leftMs.set(asker, limitMs - (performance.now() - startedMs));
  }
}

/** Sends what nobody waits for, and so may take longer. Never rejects. */
export async function redisLater(...command: readonly (string | number)[]): Promise<void> {
  if (!hasRedis || isResting()) return;
  await send(command).catch(fail);
}

class RedisError extends Error {}
class LateError extends RedisError {}

function isResting(): boolean {
  const nowMs = performance.now();
  return state.isFailing && (nowMs < state.probeUntilMs || nowMs - state.failedAtMs < REST_MS);
}

async function send(command: readonly (string | number)[]): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(command),
    // Followed by nobody: an answer that is not 2xx has failed. (Cloudflare has no "error".)
    redirect: "manual",
    signal: AbortSignal.timeout(CONNECTION_MS),
  });
  const body: unknown = await response.json();
  // Its text may repeat the command, so only the status is told.
  if (!response.ok) throw new RedisError(`it answered ${response.status} to ${command[0]}`);
  return typeof body === "object" && body !== null && "result" in body ? body.result : null;
}

/** `work`, or a LateError when it takes longer. */
async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new LateError(`no answer within ${Math.ceil(limitMs)} ms`)), limitMs);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function fail(error: unknown): void {
  const now = performance.now();
  state.isFailing = true;
  state.failedAtMs = now;
  if (now - state.loggedAtMs < LOG_EVERY_MS) return;
  state.loggedAtMs = now;
  const why = error instanceof RedisError ? error.message : "no connection";
  console.warn(`redis: ${why}; meanwhile this instance limits and caches by itself`);
}

reportOn("redis", async () => {
  if (!hasRedis) return { isConfigured: false };
  const isThere = (await redis({}, "PING")) === "PONG";
  return { isConfigured: true, isThere, roundTripMs: isThere ? Math.round(state.roundTripMs * 10) / 10 : null };
});
