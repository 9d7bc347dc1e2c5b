// create-edge-ai 0.1.0
import { toHex } from "./digest.ts";
import { HttpError, isRecord } from "./http.ts";
import { canShareWork } from "./platform.ts";

/** fal's public keys: https://docs.fal.ai/model-apis/model-endpoints/webhooks (2026-11-23). */
const JWKS_URL = process.env.FAL_JWKS_URL || "https://rest.alpha.fal.ai/.well-known/jwks.json";
/** fal's documentation: 5 minutes each way, and keys may be kept for a day. */
const LEEWAY_S = 300;
const KEEP_KEYS_MS = 24 * 3_600_000;
/** New keys are looked for when none fits, but a forger must not make us ask all the time. */
const ASK_AGAIN_MS = 60_000;
const FETCH_MS = 5_000;
/** After a failure: a webhook that is true comes again, and those of a forger cost no request each. */
const REST_MS = 10_000;

type Key = Awaited<ReturnType<typeof importKey>>;

let keys: { readMs: number; list: readonly Key[] } | undefined;
let failedMs = -Infinity;
/** One for all who wait. */
let reading: Promise<void> | undefined;

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

/** fal's keys, read again when they are older than `maxAgeMs`; old ones when that fails. @throws HttpError when there are none */
async function falKeys(nowMs: number, maxAgeMs: number): Promise<readonly Key[]> {
  const isOld = keys === undefined || nowMs - keys.readMs >= maxAgeMs;
  if (isOld && nowMs - failedMs >= REST_MS) {
    const own = reading ?? readKeys(nowMs);
    if (canShareWork && reading === undefined) {
      reading = own.finally(() => {
        reading = undefined;
      });
    }
    await own;
  }
  // Old keys are better than none: a webhook that is refused is a result that is lost.
  if (keys !== undefined) return keys.list;
  throw new HttpError(503, "keys_unavailable", "fal's keys cannot be read", { "retry-after": String(REST_MS / 1_000) });
}

/** Replaces the keys, or remembers that it could not. */
async function readKeys(nowMs: number): Promise<void> {
  try {
    const response = await fetch(JWKS_URL, { signal: AbortSignal.timeout(FETCH_MS), redirect: "manual" });
    if (!response.ok) throw new Error(`they are answered with ${response.status}`);
    const document: unknown = await response.json();
    const found: unknown[] = isRecord(document) && Array.isArray(document["keys"]) ? document["keys"] : [];
    const list = await Promise.all(found.filter(isEd25519).map(importKey));
    if (list.length === 0) throw new Error("there is none in the answer");
    keys = { readMs: nowMs, list };
  } catch (error) {
    failedMs = nowMs;
    console.error("fal's keys cannot be read", error);
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
