// create-edge-ai 0.1.0
/** Bytes of an AES-GCM nonce. */
const NONCE_BYTES = 12;
const TEXT = new TextEncoder();

/** A job in fal's queue. The URLs are the queue's own, and are not for callers. */
export interface ImageJob {
  requestId: string;
  statusUrl: string;
  responseUrl: string;
  cancelUrl: string;
}

/**
 * The job as an id that only this app can open, and only for the same caller: a caller who could choose what is in it could
 * make us send our key anywhere. Any instance can open it, without a store.
 * @param secret FAL_KEY: with a new key, old ids end
 */
export async function sealJob(job: ImageJob, caller: string, secret: string): Promise<string> {
  const { responseUrl: base } = job;
  const parts = [job.requestId, base, shorten(job.statusUrl, base), shorten(job.cancelUrl, base)];
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv: nonce, additionalData: TEXT.encode(caller) },
    await keyOf(secret),
    TEXT.encode(JSON.stringify(parts)),
  );
  return toBase64Url(new Uint8Array([...nonce, ...new Uint8Array(sealed)]));
}

/** The job of an id; null when the id is not ours, or is of somebody else. */
export async function openJob(id: string, caller: string, secret: string): Promise<ImageJob | null> {
  try {
    const bytes = fromBase64Url(id);
    const text = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv: bytes.subarray(0, NONCE_BYTES), additionalData: TEXT.encode(caller) },
      await keyOf(secret),
      bytes.subarray(NONCE_BYTES),
    );
    // It was sealed by us, so it is what sealJob wrote.
    const [requestId, base, status, cancel]: [string, string, string, string] = JSON.parse(
      new TextDecoder().decode(text),
    );
    return { requestId, responseUrl: base, statusUrl: lengthen(status, base), cancelUrl: lengthen(cancel, base) };
  } catch {
    return null;
  }
}

/** The URLs of a job differ at their end only, as a rule. */
function shorten(url: string, base: string): string {
  return url.startsWith(base) ? `+${url.slice(base.length)}` : url;
}

function lengthen(part: string, base: string): string {
  return part.startsWith("+") ? `${base}${part.slice(1)}` : part;
}

async function keyOf(secret: string): ReturnType<typeof crypto.subtle.importKey> {
  const digest = await crypto.subtle.digest("SHA-256", TEXT.encode(`create-edge-ai image id\n${secret}`));
  return crypto.subtle.importKey("raw", digest, "AES-GCM", false, ["encrypt", "decrypt"]);
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
}
