// create-edge-ai 0.1.0
import type { Call, Option } from "./call.ts";
import { clientIp } from "./client-ip.ts";
import { Gcra, GCRA_SCRIPT, type Verdict } from "./gcra.ts";
import { HttpError } from "./http.ts";
import { positive } from "./positive.ts";
import { hasRedis, redis } from "./redis.ts";
import { withHeaders } from "./with-headers.ts";

/**
 * For each API key, or each address without one: a start, since what is right depends on your callers and your bill. At most
 * 60,000 a minute, one per millisecond. A load test from one place needs more than this.
 */
const REQUESTS_PER_MINUTE = positive(process.env.RATE_LIMIT_PER_MINUTE, 60);
/** As many may come at once. */
const BURST = positive(process.env.RATE_LIMIT_BURST, 20);
/**
 * Without an answer from Redis each instance counts for itself, and a tenant may get as much from each. When that is worse
 * than refusing everybody, set RATE_LIMIT_FAIL_CLOSED=1.
 */
const FAILS_CLOSED = process.env.RATE_LIMIT_FAIL_CLOSED === "1";

const rate = { intervalMs: Math.max(1, Math.ceil(60_000 / REQUESTS_PER_MINUTE)), burst: BURST };
const memory = new Gcra(rate);

/** Refuses who asks too often, the same in all instances when there is a Redis. */
export const rateLimit: Option = {
  name: "rateLimit",
  async run(call, next) {
    const tenant = tenantOf(call);
    const verdict = (await decideInRedis(call, tenant)) ?? decideHere(tenant);
    const headers = headersOf(verdict);
    if (verdict.waitMs > 0) {
      const seconds = String(Math.ceil(verdict.waitMs / 1000));
      throw new HttpError(429, "rate_limited", `too many requests: try again in ${seconds} s`, {
        ...headers,
        "retry-after": seconds,
      });
    }
    return withHeaders(await next(call), headers);
  },
};

function tenantOf(call: Call): string {
  return call.caller === "anonymous" ? `ip ${clientIp(call.request)}` : `key ${call.caller}`;
}

async function decideInRedis({ request }: Call, tenant: string): Promise<Verdict | null> {
  const key = `edge-ai rate ${tenant}`;
  const result = await redis(request, "EVAL", GCRA_SCRIPT, 1, key, rate.intervalMs, rate.burst);
  if (!Array.isArray(result)) return null;
  const [waitMs, busyMs] = result.map(Number);
  return waitMs === undefined || busyMs === undefined ? null : { waitMs, busyMs };
}

function decideHere(tenant: string): Verdict {
  if (hasRedis && FAILS_CLOSED) {
    throw new HttpError(503, "rate_limit_unavailable", "requests cannot be counted right now", { "retry-after": "1" });
  }
  return memory.decide(tenant, performance.now());
}

/** As in the IETF's draft-polli-ratelimit-headers: requests that may come at once, now and when rested, and seconds till then. */
function headersOf({ busyMs }: Verdict): Record<string, string> {
  return {
    "ratelimit-limit": String(rate.burst),
    "ratelimit-remaining": String(Math.max(0, Math.floor(rate.burst - busyMs / rate.intervalMs))),
    "ratelimit-reset": String(Math.ceil(busyMs / 1000)),
  };
}
