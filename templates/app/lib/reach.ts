// create-edge-ai 0.1.0
import { headersFor, urlOf } from "./attempt.ts";
import { freshFor } from "./fresh.ts";
import { targets, type Target } from "./targets.ts";

/** Longest wait for a target, and how long what was found is still told: nobody can make us ask the targets all the time. */
const LIMIT_MS = 3_000;
const FRESH_MS = 5_000;

interface Reached {
  name: string;
  isReached: boolean;
  /** Of `GET /models`; null when there was no answer. */
  status: number | null;
  ms: number;
}

const reachAll = freshFor(FRESH_MS, () => Promise.all(targets.map(reach)));

/**
 * Opens a connection to each target by `GET /models`: name lookup, TLS and key are then known to work, and no tokens are
 * spent. The connection stays open for as long as the target says, or 4 s (Node.js' default): a first call soon after it
 * is faster, a later one at least resumes TLS. 200 when the first target lets us in, else 502.
 */
export async function reachTargets(): Promise<Response> {
  const startedMs = performance.now();
  const reached = await reachAll();
  const body = { version: 1, targets: reached, warmMs: Math.round(performance.now() - startedMs) };
  const status = reached[0]?.isReached === true ? 200 : 502;
  return Response.json(body, { status, headers: { "cache-control": "no-store" } });
}

async function reach(target: Target): Promise<Reached> {
  const startedMs = performance.now();
  const status = await statusOf(target);
  // Not every server has /models: a 404 says that it is there, and that the key was no reason to refuse.
  const isReached = status !== null && (status < 300 || status === 404);
  return { name: target.name, isReached, status, ms: Math.round(performance.now() - startedMs) };
}

async function statusOf(target: Target): Promise<number | null> {
  try {
    const response = await fetch(urlOf(target, "/models"), {
      headers: headersFor(target),
      redirect: "manual",
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    // Read to the end: only then can the connection be used again.
    for await (const _ of response.body ?? []);
    return response.status;
  } catch {
    return null;
  }
}
