// create-edge-ai 0.1.0
import { toHex } from "./digest.ts";
import { HttpError, isRecord } from "./http.ts";

/** fal's public keys: https://docs.fal.ai/model-apis/model-endpoints/webhooks (2026-11-23). */
const JWKS_URL = process.env.FAL_JWKS_URL || "https://rest.alpha.fal.ai/.well-known/jwks.json";
/** fal's documentation: 5 minutes each way, and keys may be kept for a day. */
const LEEWAY_S = 300;
const KEEP_KEYS_MS = 24 * 3_600_000;
/** New keys are looked for when none fits, but a forger must not make us ask all the time. */
const ASK_AGAIN_MS = 60_000;
const FETCH_MS = 5_000;

type Key = Awaited<ReturnType<typeof importKey>>;

let keys: { readMs: number; list: readonly Key[] } | undefined;

/**
 * Checks that a webhook is from fal: ED25519 over request id, user id, time and SHA-256 of the body.
 * @param nowMs since the epoch
 * @returns the request id
 * @throws HttpError 401 when it is forged, old, or not signed; 503 when fal's keys cannot be had
 */
export async function verifyWebhook(headers: Headers, body: Uint8Array, nowMs: number): Promise<string> {
  const [requestId, userId, time, signature] = ["request-id", "user-id", "timestamp", "signature"].map(
    (name) => headers.get(`x-fal-webhook-${name}`) ?? "",
  );
  if (!requestId || !userId || !time || !signature) throw forged("a header is missing");
  if (!/^\d+$/.test(time) || Math.abs(nowMs / 1_000 - Number(time)) > LEEWAY_S) throw forged("the time is not now");
  const digest = toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(body))));
  const message = new TextEncoder().encode([requestId, userId, time, digest].join("\n"));
  const bytes = fromHex(signature);
  const fits = async (list: readonly Key[]): Promise<boolean> =>
    (await Promise.all(list.map((key) => crypto.subtle.verify("Ed25519", key, bytes, message)))).includes(true);
  if (await fits(await falKeys(nowMs, KEEP_KEYS_MS))) return requestId;
  if (await fits(await falKeys(nowMs, ASK_AGAIN_MS))) return requestId;
  throw forged("the signature is not fal's");
}

/** fal's keys, read again when they are older than `maxAgeMs`. */
async function falKeys(nowMs: number, maxAgeMs: number): Promise<readonly Key[]> {
  if (keys !== undefined && nowMs - keys.readMs < maxAgeMs) return keys.list;
  try {
    const response = await fetch(JWKS_URL, { signal: AbortSignal.timeout(FETCH_MS), redirect: "error" });
    const document: unknown = await response.json();
    const list: unknown[] = isRecord(document) && Array.isArray(document["keys"]) ? document["keys"] : [];
    keys = { readMs: nowMs, list: await Promise.all(list.filter(isEd25519).map(importKey)) };
    return keys.list;
  } catch (error) {
    // Old keys are better than none: a webhook that is refused is a result that is lost.
    if (keys !== undefined) return keys.list;
    console.error("fal's keys cannot be read", error);
    throw new HttpError(503, "keys_unavailable", "fal's keys cannot be read", { "retry-after": "10" });
  }
}

function isEd25519(key: unknown): key is { x: string } {
  return isRecord(key) && key["kty"] === "OKP" && key["crv"] === "Ed25519" && typeof key["x"] === "string";
}

function importKey({ x }: { x: string }): ReturnType<typeof crypto.subtle.importKey> {
  return crypto.subtle.importKey("jwk", { kty: "OKP", crv: "Ed25519", x }, { name: "Ed25519" }, false, ["verify"]);
}

/** Empty when it is no hex: no signature fits that. */
function fromHex(text: string): Uint8Array<ArrayBuffer> {
  const pairs = /^(?:[\da-f]{2})+$/i.test(text) ? (text.match(/../g) ?? []) : [];
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
}

function forged(why: string): HttpError {
  return new HttpError(401, "not_from_fal", `this is not a webhook of fal: ${why}`);
}
