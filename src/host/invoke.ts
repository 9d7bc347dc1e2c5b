import http from "node:http";
import type { Call } from "./call.ts";
import { answerHeaders, requestHeaders } from "./call-headers.ts";
import { forward, stopAfter, type ForwardEnd } from "./forward.ts";
import type { Instance } from "./instance.ts";
import { FAILED_HEADER } from "./launcher/settings.ts";
import { sendPlatformError, type PlatformErrorCode } from "./platform-errors.ts";
import type { ServedFunction } from "./served-function.ts";

/** vercel.com/docs/functions/limitations: 4.5 MB for the body of a request; read as MiB, the kinder one. */
const MAX_BODY_BYTES = 4.5 * 1024 * 1024;
/** Default, and most on the Hobby plan, under Fluid compute; "max" is read as that. */
const DEFAULT_MAX_DURATION_SECONDS = 300;
/** How long a broken connection waits for the news that the process has ended. */
const EXIT_NEWS_MS = 500;

/**
 * Answers a request with a function, within the platform's limits. Answers are streamed, and so are not held to the
 * 4.5 MB that the platform allows for one that is not: streaming is the default for Node.js functions.
 */
export async function invoke(served: ServedFunction, call: Call): Promise<void> {
  const { req, res, requestId } = call;
  if (Number(req.headers["content-length"] ?? 0) > MAX_BODY_BYTES)
    return sendPlatformError(req, res, "FUNCTION_PAYLOAD_TOO_LARGE", requestId);
  if (res.destroyed) return;
  const seconds = maxDurationSeconds(served);
  const { stopped, clear } = stopAfter(res, seconds * 1_000);
  const end = await exchange(served, call, stopped);
  clear();
  if (end === "timed-out") {
    served.log(`timed out after ${seconds} s`);
    void served.check();
  }
  const code = codes[end];
  if (code === undefined || res.destroyed) return;
  // After the first byte no error can be told: the stream is cut.
  if (res.headersSent) res.destroy();
  else sendPlatformError(req, res, code, requestId);
}

const codes: Record<ForwardEnd, PlatformErrorCode | undefined> = {
  done: undefined,
  "client-left": undefined,
  refused: "FUNCTION_INVOCATION_FAILED",
  "upstream-failed": "FUNCTION_INVOCATION_FAILED",
  "timed-out": "FUNCTION_INVOCATION_TIMEOUT",
  "too-large": "FUNCTION_PAYLOAD_TOO_LARGE",
};

async function exchange(served: ServedFunction, call: Call, stopped: Promise<ForwardEnd>): Promise<ForwardEnd> {
  const { req, res } = call;
  const instance = await started(served, stopped);
  if (typeof instance === "string") return instance;
  const upstream = http.request({
    socketPath: instance.socketPath,
    agent: instance.agent,
    method: req.method,
    path: call.url,
    headers: requestHeaders(call),
  });
  const onAnswer = (answer: http.IncomingMessage): boolean => {
    if (answer.headers[FAILED_HEADER] !== undefined) return false;
    res.writeHead(call.status ?? answer.statusCode ?? 200, answerHeaders(call, answer));
    return true;
  };
  const end = await forward({ req, res, upstream, maxBodyBytes: MAX_BODY_BYTES, stopped, onAnswer });
  // The client may ask again at once: that request has to get a fresh instance, so wait for the news of the crash.
  if (end === "upstream-failed") await Promise.race([instance.exited, pause(EXIT_NEWS_MS)]);
  return end;
}

/** An instance for the request, or why there is none. */
async function started(served: ServedFunction, stopped: Promise<ForwardEnd>): Promise<Instance | ForwardEnd> {
  const failed: ForwardEnd = "upstream-failed";
  return Promise.race([served.instance().catch(() => failed), stopped]);
}

function maxDurationSeconds({ fn }: ServedFunction): number {
  const { maxDuration } = fn.config;
  return typeof maxDuration === "number" ? maxDuration : DEFAULT_MAX_DURATION_SECONDS;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
