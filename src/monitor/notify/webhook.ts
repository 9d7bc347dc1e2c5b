import { setTimeout as sleep } from "node:timers/promises";
import { systemCode } from "../../errors.ts";
import { signature } from "./sign.ts";

export interface Post {
  url: string;
  body: string;
  /** Of the alert: the same whenever it is sent again. */
  id: string;
  /** Signs the body. */
  secret: string | null;
}

const FIRST_PAUSE_MS = 250;
/** A round must not wait for long: the next one tries again. */
const LONGEST_PAUSE_MS = 5_000;
const TIMEOUT_MS = 5_000;

/**
 * Posts an alert, again after a pause that grows while the receiver does not take it.
 * @param tries at most
 * @returns null when the receiver took it (2xx), else why not; without the URL, which may be a secret
 */
export async function postAlert(post: Post, tries: number, signal: AbortSignal): Promise<string | null> {
  for (let attempt = 1, pauseMs = FIRST_PAUSE_MS; ; attempt++, pauseMs *= 4) {
    const { why, retryAfterMs } = await postOnce(post, signal);
    if (why === null || attempt === tries || signal.aborted) return why;
    await sleep(Math.min(LONGEST_PAUSE_MS, retryAfterMs ?? pauseMs), undefined, { signal }).catch(() => undefined);
  }
}

interface Outcome {
  why: string | null;
  retryAfterMs: number | null;
}

async function postOnce({ url, body, id, secret }: Post, signal: AbortSignal): Promise<Outcome> {
  const headers = {
    "content-type": "application/json",
    "user-agent": "edge-ai-monitor",
    "idempotency-key": id,
    // Anew for each try: the time in it is when it was sent.
    ...(secret !== null && { "edge-ai-signature": signature(body, secret, Math.floor(Date.now() / 1_000)) }),
  };
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers,
      body,
      // A signed body and a secret path are for this receiver only.
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    await answer.body?.cancel();
    const retryAfter = Number(answer.headers.get("retry-after") ?? Number.NaN);
    const why = answer.ok ? null : `the receiver answered HTTP ${answer.status}`;
    return { why, retryAfterMs: Number.isFinite(retryAfter) ? retryAfter * 1_000 : null };
  } catch (error) {
    return { why: whyNot(error), retryAfterMs: null };
  }
}

/** Messages of fetch can quote the URL, so only codes are told. */
function whyNot(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return `no answer within ${TIMEOUT_MS / 1_000} s`;
  const code = systemCode(error) ?? (error instanceof Error ? systemCode(error.cause) : undefined);
  return `the receiver cannot be reached${code === undefined ? "" : ` (${code})`}`;
}
