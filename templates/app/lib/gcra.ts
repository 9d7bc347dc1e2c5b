// create-edge-ai 0.1.0
/**
 * The generic cell rate algorithm: of each tenant one time is kept, the one at which all its requests so far are paid off,
 * at one per interval. It may lie `burst` intervals ahead, and no further.
 */
export interface Rate {
  intervalMs: number;
  burst: number;
}

export interface Verdict {
  /** 0: let it pass. */
  waitMs: number;
  /** Until as many as `burst` may come at once again. */
  busyMs: number;
}

/** More tenants than this are forgotten, those first that have been here longest: an attacker has many addresses. */
const MAX_TENANTS = 10_000;

/** Decides in this instance's memory. */
export class Gcra {
  readonly #rate: Rate;
  readonly #paidOffMs = new Map<string, number>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  decide(tenant: string, clockMs: number): Verdict {
    const { intervalMs, burst } = this.#rate;
    // Fractions do not add up to what is taken off again, and 1.0000000000001 requests are not 1.
    const nowMs = Math.round(clockMs);
    const paidOffMs = Math.max(this.#paidOffMs.get(tenant) ?? 0, nowMs);
    const waitMs = Math.max(0, paidOffMs - (burst - 1) * intervalMs - nowMs);
    if (waitMs > 0) return { waitMs, busyMs: paidOffMs - nowMs };
    // Deleted first, so that the map stays in the order of the last request.
    this.#paidOffMs.delete(tenant);
    this.#paidOffMs.set(tenant, paidOffMs + intervalMs);
    for (const oldest of this.#paidOffMs.keys()) {
      if (this.#paidOffMs.size <= MAX_TENANTS) break;
      this.#paidOffMs.delete(oldest);
    }
    return { waitMs: 0, busyMs: paidOffMs + intervalMs - nowMs };
  }
}

/**
 * The same in Redis, in one step and by its clock, so that instances agree: EVAL script 1 key intervalMs burst.
 * Answers with [waitMs, busyMs]. Whole milliseconds, since Redis cuts off what is behind the point.
 */
export const GCRA_SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local paid = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local wait = paid - (burst - 1) * interval - now
if wait > 0 then return {wait, paid - now} end
redis.call('SET', KEYS[1], string.format('%.0f', paid + interval), 'PX', paid + interval - now)
return {0, paid + interval - now}
`;
