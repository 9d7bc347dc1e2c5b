// create-edge-ai 0.1.0
import { buildId } from "./app.ts";
import type { Call } from "./call.ts";
import { sha256, toHex } from "./digest.ts";
import { modelIdentity } from "./target-facts.ts";

export interface Policy {
  /** False when the caller wants a new answer; it is kept for others all the same. */
  mayRead: boolean;
  /** The oldest answer that the caller takes. */
  maxAgeMs: number;
}

/**
 * What the cache may do for a call, null for nothing. Without a word of the caller only what a model answers the same way
 * each time: embeddings, labels, and chat with temperature 0. `cache-control: max-age=60` asks for it in any chat, `no-cache`
 * for a new answer, `no-store` to keep out of it. Nothing else is ever cached: an image job is work to be done again.
 */
export function policyOf({ request, body }: Call): Policy | null {
  const isDeterministic = "input" in body || body["temperature"] === 0;
  if (!("input" in body) && !("messages" in body)) return null;
  const asked = (request.headers.get("cache-control") ?? "").toLowerCase();
  if (/\bno-store\b/.test(asked)) return null;
  const seconds = /\bmax-age=(?<seconds>\d+)/.exec(asked)?.groups?.["seconds"];
  const maxAgeMs = /\bno-cache\b/.test(asked) ? 0 : seconds === undefined ? Infinity : Number(seconds) * 1000;
  if (!isDeterministic && (seconds === undefined || maxAgeMs === 0)) return null;
  return { mayRead: maxAgeMs > 0, maxAgeMs };
}

/**
 * A SHA-256 over all that decides an answer, and who may see it. `buildId` is in it so that a new release answers by itself:
 * answers of the old one would make a sick one look healthy. `stream` stays in it, since an answer is kept as bytes. Only
 * the fields of the body are put in order: within them order can be part of the question, as in a JSON schema.
 */
export function keyOf({ request, body, caller }: Call): string {
  const fields = Object.entries(body).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const { pathname } = new URL(request.url);
  return toHex(sha256(JSON.stringify([1, buildId, pathname, caller, modelIdentity, fields])));
}
