// create-edge-ai 0.1.0
import type { FalReply } from "./fal-call.ts";
import { faultOfStatus } from "./fault.ts";
import { HttpError, isRecord } from "./http.ts";

const MAX_DETAIL_CHARACTERS = 300;
/** What the caller has to change. */
const CALLERS_FAULT = new Set([400, 413, 422]);
/** What has nothing to do with this request: the key, the money, the model, too much at once. */
const NOT_ACCEPTED = new Set([401, 402, 403, 404, 429, 503]);
/** OpenAI's clients send a failed request again by themselves; this header tells them not to pay twice. */
const DO_NOT_RETRY = { "x-should-retry": "false" };

/** True for a status that says that the caller has to change something. */
export function isCallersFault(status: number): boolean {
  return CALLERS_FAULT.has(status);
}

/** What it means that a job was not accepted. */
export function refused({ status, body, retryAfterMs }: FalReply): HttpError {
  if (NOT_ACCEPTED.has(status)) return faultOfStatus(status, retryAfterMs);
  return isCallersFault(status) ? new HttpError(400, "image_refused", detailOf(body)) : unknownOutcome();
}

/** What it means that a question about a job was not answered. */
export function notTold({ status, retryAfterMs }: FalReply): HttpError {
  if (status === 404) return new HttpError(404, "unknown_image", "there is no such image");
  return faultOfStatus(status, retryAfterMs);
}

/** The job was accepted, and there is no image. */
export function failed(): HttpError {
  return new HttpError(502, "image_failed", "the model failed to make the image", DO_NOT_RETRY);
}

/** The job may be under way, and nobody knows its name. */
export function unknownOutcome(): HttpError {
  const message = "it is not known whether the image provider has taken the job, so it was not sent again";
  return new HttpError(502, "outcome_unknown", message, DO_NOT_RETRY);
}

/** The queue said yes, and nothing more that can be used. */
export function badAnswer(): HttpError {
  return new HttpError(502, "upstream_bad_answer", "the image provider's answer cannot be used", DO_NOT_RETRY);
}

/** fal's own words on a refused input: a text, or a list of `{ msg }`. */
function detailOf({ detail }: Record<string, unknown>): string {
  const first: unknown = Array.isArray(detail) ? detail[0] : detail;
  const text = isRecord(first) ? first["msg"] : first;
  if (typeof text !== "string" || text === "") return "the image provider refused the request";
  return text.replaceAll(/\b[a-z]+:\/\/\S+/gi, "…").slice(0, MAX_DETAIL_CHARACTERS);
}
