// create-edge-ai 0.1.0
import { callFal, falBaseUrl } from "./fal-call.ts";
import { freshFor } from "./fresh.ts";
import { imageLimits } from "./image-limits.ts";

/** How long what was found is still told: nobody can make us ask all the time. */
const FRESH_MS = 5_000;

interface Reached {
  name: "fal";
  isReached: boolean;
  /** Null when there was no answer. */
  status: number | null;
  ms: number;
}

const reachOnce = freshFor(FRESH_MS, reach);

/**
 * Opens a connection to fal's queue: name lookup and TLS are done when the first job comes soon after. Makes no job, so it
 * cannot tell whether the key is good. 200 when the queue answers anything, else 502.
 */
export async function reachFal(): Promise<Response> {
  const startMs = performance.now();
  const reached = await reachOnce();
  const body = { version: 1, targets: [reached], warmMs: Math.round(performance.now() - startMs) };
  return Response.json(body, { status: reached.isReached ? 200 : 502, headers: { "cache-control": "no-store" } });
}

async function reach(): Promise<Reached> {
  const startMs = performance.now();
  const signal = AbortSignal.timeout(imageLimits.askMs);
  const status = await callFal("GET", falBaseUrl, { signal }).then(
    (reply) => reply.status,
    () => null,
  );
  return { name: "fal", isReached: status !== null, status, ms: Math.round(performance.now() - startMs) };
}
