// create-edge-ai 0.1.0
import { isRecord, readBytes } from "./http.ts";
import { retryAfterMs } from "./retry.ts";

/** Where fal's queue is. Its replies name URLs; only those of this place get the key. */
export const falBaseUrl: string = process.env.FAL_BASE_URL || "https://queue.fal.run";
/** The key; empty when there is none. */
export const falKey: string = process.env.FAL_KEY ?? "";

/** No answer of the queue is as large; one that is must not fill the memory. */
const MAX_REPLY_BYTES = 1_000_000;

/** What the queue has answered, whatever its status. */
export interface FalReply {
  status: number;
  /** An empty object when it was no JSON object: nothing that is looked for will be in it. */
  body: Record<string, unknown>;
  /** How long it asks us to wait; null when it does not say. */
  retryAfterMs: number | null;
}

/** There was no answer. */
export class FalUnreachableError extends Error {
  /** True when the request has surely not arrived: then it may be sent again. */
  readonly isSurelyNotSent: boolean;

  constructor(cause: unknown) {
    super("fal's queue did not answer", { cause });
    this.isSurelyNotSent = NOT_SENT.has(codeOf(cause));
  }
}

/** What Node.js says before a connection is there. Other platforms say nothing, so there nothing is sent again. */
const NOT_SENT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/**
 * One request to fal's queue, sent once.
 * @param signal ends the wait for the answer and for its body
 * @throws FalUnreachableError when there is no answer, or it broke off
 */
export async function callFal(
  method: "GET" | "POST" | "PUT",
  url: string,
  { signal, body }: { signal: AbortSignal; body?: object },
): Promise<FalReply> {
  try {
    const response = await fetch(url, {
      method,
      signal,
      // A redirect could lead the key away.
      redirect: "manual",
      headers: {
        authorization: `Key ${falKey}`,
        "content-type": "application/json",
        // fal runs a failed job up to ten times by itself. Whoever asked decides that, and pays for it.
        "x-fal-no-retry": "1",
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    // "error" would do this, but Cloudflare has none.
    if (response.status >= 300 && response.status < 400) throw new Error(`a redirect: ${response.status}`);
    return { status: response.status, body: await readReply(response), retryAfterMs: retryAfterMs(response.headers) };
  } catch (error) {
    throw new FalUnreachableError(error);
  }
}

/** True when a URL is the queue's own: the same origin, below the same path. */
export function isFalUrl(url: unknown): url is string {
  if (typeof url !== "string") return false;
  const [given, base] = [URL.parse(url), new URL(falBaseUrl)];
  const path = base.pathname.endsWith("/") ? base.pathname : `${base.pathname}/`;
  return given !== null && given.origin === base.origin && given.pathname.startsWith(path) && given.username === "";
}

async function readReply(response: Response): Promise<Record<string, unknown>> {
  const bytes = await readBytes(response.body, MAX_REPLY_BYTES, () => new Error("fal's answer is too large"));
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return isRecord(cause) || cause instanceof Error ? String(Reflect.get(cause, "code")) : "";
}
