import type { Dispatcher } from "undici";
import type { Probe } from "../config/schema.ts";
import { causeOfError, causeOfStatus, describeStatus, type ErrorCause } from "./causes.ts";
import { exchange, type Exchange, type WireRequest } from "./exchange.ts";
import { bodyProblem } from "./expect.ts";
import { watchStream, type StreamState } from "./first-token.ts";

/** The result of one request. Times are milliseconds since the request was due, not since it was sent. */
export interface Answer {
  cause: ErrorCause | null;
  /** What went wrong, for a person; empty when nothing did. */
  detail: string;
  latencyMs: number;
  /** First content of a stream; of any other answer its end. */
  firstTokenMs: number;
}

/**
 * Sends a probe's request and judges the answer.
 * @param dueAt when it should have been sent (performance.now()): time lost before sending is latency too
 * @param timeoutMs an answer that is not complete this long after `dueAt` is an error
 */
export async function send(
  pool: Dispatcher,
  request: WireRequest,
  expect: Probe["expect"],
  dueAt: number,
  timeoutMs: number,
): Promise<Answer> {
  const stream = watchStream(() => performance.now());
  const result = await exchange(pool, request, dueAt + timeoutMs - performance.now(), stream.onData);
  const latencyMs = performance.now() - dueAt;
  const { firstTokenAt } = stream.state;
  return {
    ...judgeAnswer(result, expect, stream.state),
    latencyMs,
    firstTokenMs: firstTokenAt === null ? latencyMs : firstTokenAt - dueAt,
  };
}

function judgeAnswer(
  { status, headers, body, error }: Exchange,
  expect: Probe["expect"],
  stream: StreamState,
): Pick<Answer, "cause" | "detail"> {
  if (error !== null) return { cause: causeOfError(error, status !== null), detail: error.message };
  if (status === null) return { cause: "protocol", detail: "an answer without a status" };
  if (status !== expect.status) {
    return { cause: causeOfStatus(status, headers), detail: describeStatus(status, headers) };
  }
  if (stream.failure !== null) return { cause: "server-error", detail: `error in the stream: ${stream.failure}` };
  if (stream.open) return { cause: "truncated", detail: "the stream ended without finish_reason or [DONE]" };
  const problem = bodyProblem(expect, () => body.toString("utf8"));
  return problem === null ? { cause: null, detail: "" } : { cause: "assertion", detail: problem };
}
