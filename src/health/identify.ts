import type { Dispatcher } from "undici";
import { exchange } from "./requests/exchange.ts";
import { readIdentity, type Identity } from "./identity.ts";
import { pause } from "./load.ts";
import { HEALTH_PATH, requestMaker, routeProbe } from "./requests/probes.ts";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

export interface IdentifyOptions {
  headers: Readonly<Record<string, string>>;
  /** For one try. */
  timeoutMs: number;
  /** For all tries together. */
  waitMs: number;
  signal: AbortSignal | undefined;
}

/**
 * Asks for the health document, at once and then with growing pauses, until something answers that will not change.
 * How long depends on what goes wrong (see identity.ts), and is at most `waitMs`.
 */
export async function identify(pool: Dispatcher, options: IdentifyOptions): Promise<Identity> {
  const { headers, timeoutMs, waitMs, signal } = options;
  const request = requestMaker(routeProbe(HEALTH_PATH), { accept: "application/json", ...headers })(0);
  const startedAt = performance.now();
  const left = (patienceMs: number): number => startedAt + Math.min(patienceMs, waitMs) - performance.now();
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const identity = readIdentity(await exchange(pool, request, Math.min(timeoutMs, left(waitMs))));
    if (identity.kind === "app" || left(identity.refusal.patienceMs) <= pauseMs || signal?.aborted === true) {
      return identity;
    }
    await pause(pauseMs, signal);
  }
}
