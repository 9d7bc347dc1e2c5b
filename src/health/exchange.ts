import { Pool, type Dispatcher } from "undici";
import type { ResponseHeaders } from "./causes.ts";

/** A request as it goes over the wire. */
export interface WireRequest {
  method: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  body: string | null;
}

/** What came back. `error` is set when no complete answer came; `status` is null when not even its head did. */
export interface Exchange {
  status: number | null;
  headers: ResponseHeaders;
  body: Buffer;
  error: Error | null;
}

/** The deadline passed; the request was aborted. */
class DeadlineError extends Error {
  readonly code = "ETIMEDOUT";
}

/** More than any sane answer; the rest is read and forgotten. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/**
 * Connections to one origin. Certificates are verified, redirects are not followed, nothing is retried, and undici's own
 * timeouts are off: `exchange` has a deadline for the whole.
 */
export function openPool(origin: string, connections: number): Pool {
  // Said outright, or NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would switch it off.
  const connect = { timeout: 30_000, rejectUnauthorized: true };
  return new Pool(origin, { connections, headersTimeout: 0, bodyTimeout: 0, connect });
}

/**
 * Sends one request and waits for the last byte of the answer. Never rejects: a failure is in `error`.
 * @param timeoutMs from now until the whole answer has to be there
 * @param onData called with each piece of the body as it comes
 */
export function exchange(
  pool: Dispatcher,
  request: WireRequest,
  timeoutMs: number,
  onData: (chunk: Buffer, headers: ResponseHeaders) => void = () => undefined,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let status: number | null = null;
    let headers: ResponseHeaders = {};
    let controller: Dispatcher.DispatchController | undefined;
    let settled = false;

    const settle = (error: Error | null): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      resolve({ status, headers, body: Buffer.concat(chunks), error });
    };
    const timer = setTimeout(
      () => {
        const error = new DeadlineError("no complete answer in time");
        settle(error);
        controller?.abort(error);
      },
      Math.max(0, timeoutMs),
    );

    pool.dispatch(
      { ...request, headers: { ...request.headers } },
      {
        onRequestStart: (started) => {
          controller = started;
          // It waited for a connection until its deadline had passed.
          if (settled) started.abort(new DeadlineError("not sent in time"));
        },
        onResponseStart: (_controller, code, received) => {
          if (code < 200) return;
          status = code;
          headers = received;
        },
        onResponseData: (_controller, chunk) => {
          bytes += chunk.length;
          if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
          if (!settled) onData(chunk, headers);
        },
        onResponseEnd: () => settle(null),
        onResponseError: (_controller, error) => settle(error),
      },
    );
  });
}
