// create-edge-ai 0.1.0
import { callFal, FalUnreachableError, falBaseUrl, falKey, isFalUrl, type FalReply } from "./fal-call.ts";
import { badAnswer, failed, isCallersFault, notTold, refused, unknownOutcome } from "./fal-errors.ts";
import { imagesOf, type FalImage } from "./fal-image.ts";
import { Fault } from "./fault.ts";
import { HttpError } from "./http.ts";
import type { ImageJob } from "./image-id.ts";
import { imageLimits } from "./image-limits.ts";
import { callerLeft } from "./caller-left.ts";

/** How a job is. */
export type ImageState =
  | { kind: "queued"; position: number | null }
  | { kind: "running" }
  | { kind: "done"; images: readonly FalImage[] }
  | { kind: "failed"; error: HttpError };

/** What became of a wish to stop a job. */
export type Cancelled = "cancelled" | "cancelling" | "already_completed";

const MAX_SUBMITS = 2;
const BACKOFF_MS = 200;

/**
 * Puts a job into fal's queue. It is sent again only when it has surely not been accepted: each job is paid for.
 * The caller's leaving does not end this: a job that nobody knows of could not be stopped.
 * @param untilMs of performance.now(), for all attempts together
 * @throws HttpError for what the caller should be told
 */
export async function submitJob(
  falId: string,
  input: object,
  { untilMs, signal, webhookUrl }: { untilMs: number; signal: AbortSignal; webhookUrl?: string | undefined },
): Promise<{ job: ImageJob; attempts: number }> {
  if (falKey === "") throw new HttpError(503, "not_configured", "this app has no FAL_KEY");
  const query = webhookUrl === undefined ? "" : `?fal_webhook=${encodeURIComponent(webhookUrl)}`;
  const url = `${falBaseUrl.replace(/\/$/, "")}/${falId}${query}`;
  for (let attempts = 1; ; attempts++) {
    if (signal.aborted) throw callerLeft();
    const reply = await callFal("POST", url, { body: input, signal: endOf(untilMs) }).catch(onlyUnreachable);
    if (!(reply instanceof Error) && reply.status < 300) return { job: jobOf(reply), attempts };
    const waitMs = attempts < MAX_SUBMITS ? waitBeforeNext(reply, untilMs - performance.now()) : null;
    if (waitMs === null) throw reply instanceof Error ? unanswered(reply) : refused(reply);
    await pause(waitMs, signal);
  }
}

/** How a job is. @throws HttpError when the queue cannot say, or does not know it */
export async function readJob(job: ImageJob, signal?: AbortSignal): Promise<ImageState> {
  const reply = await ask("GET", job.statusUrl, signal);
  if (reply.status >= 300) throw notTold(reply);
  const { body } = reply;
  if (body["status"] === "IN_QUEUE") {
    const position = body["queue_position"];
    return { kind: "queued", position: typeof position === "number" ? position : null };
  }
  if (body["status"] === "IN_PROGRESS") return { kind: "running" };
  if (body["status"] !== "COMPLETED") throw badAnswer();
  const result = await ask("GET", job.responseUrl, signal);
  if (result.status < 300) {
    const images = imagesOf(result.body);
    return images.length === 0 ? { kind: "failed", error: badAnswer() } : { kind: "done", images };
  }
  // The status of the result is the model's, unless the queue itself has trouble: then the job may be well.
  const isRefused = isCallersFault(result.status);
  if (!isRefused && typeof body["error"] !== "string") throw notTold(result);
  return { kind: "failed", error: isRefused ? refused(result) : failed() };
}

/** Asks the queue to stop a job. @throws HttpError when the queue does not answer, or does not know it */
export async function cancelJob(job: ImageJob): Promise<Cancelled> {
  const reply = await ask("PUT", job.cancelUrl);
  if (reply.status === 202) return "cancelling";
  if (reply.status < 300) return "cancelled";
  if (reply.status === 400) return "already_completed";
  throw notTold(reply);
}

/**
 * Asks how a job is until it is done or failed, or the time is over. What goes wrong with a question is asked again.
 * @returns the last state; null when there was none in time
 */
export async function waitForJob(job: ImageJob, untilMs: number, signal: AbortSignal): Promise<ImageState | null> {
  let state: ImageState | null = null;
  for (let everyMs = 250; performance.now() < untilMs; everyMs = Math.min(2_000, everyMs * 1.5)) {
    const read = await readJob(job, AbortSignal.any([signal, endOf(untilMs)])).catch((error: unknown) => {
      signal.throwIfAborted();
      if (error instanceof HttpError) return null;
      throw error;
    });
    state = read ?? state;
    if (state?.kind === "done" || state?.kind === "failed") return state;
    await pause(Math.max(0, Math.min(everyMs, untilMs - performance.now())), signal);
  }
  return state;
}

async function ask(method: "GET" | "PUT", url: string, signal?: AbortSignal): Promise<FalReply> {
  const limit = AbortSignal.timeout(imageLimits.askMs);
  try {
    return await callFal(method, url, { signal: signal === undefined ? limit : AbortSignal.any([limit, signal]) });
  } catch (error) {
    if (!(error instanceof FalUnreachableError)) throw error;
    throw new Fault("upstream_timeout");
  }
}

/** The job of a submit that was accepted. A URL that is not fal's would get our key. */
function jobOf({ body }: FalReply): ImageJob {
  const { request_id: requestId, status_url: statusUrl, response_url: responseUrl, cancel_url: cancelUrl } = body;
  if (typeof requestId === "string" && isFalUrl(statusUrl) && isFalUrl(responseUrl) && isFalUrl(cancelUrl)) {
    return { requestId, statusUrl, responseUrl, cancelUrl };
  }
  throw badAnswer();
}

/** How long to wait before a submit is sent again; null when it must not be. */
function waitBeforeNext(reply: FalReply | FalUnreachableError, leftMs: number): number | null {
  if (reply instanceof Error) return reply.isSurelyNotSent && leftMs > BACKOFF_MS ? Math.random() * BACKOFF_MS : null;
  const isBusy = reply.status === 429 || reply.status === 503;
  return isBusy && reply.retryAfterMs !== null && reply.retryAfterMs <= leftMs / 2 ? reply.retryAfterMs : null;
}

function unanswered(error: FalUnreachableError): HttpError {
  return error.isSurelyNotSent ? new Fault("upstream_unreachable") : unknownOutcome();
}

function onlyUnreachable(error: unknown): FalUnreachableError {
  if (error instanceof FalUnreachableError) return error;
  throw error;
}

/** Aborted at a time of performance.now(). */
function endOf(untilMs: number): AbortSignal {
  // Node.js takes whole milliseconds only.
  return AbortSignal.timeout(Math.max(1, Math.ceil(untilMs - performance.now())));
}

/** Waits. @throws HttpError 499 when the caller leaves */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      clearTimeout(timer);
      reject(callerLeft());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", leave);
      resolve();
    }, ms);
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
  });
}
