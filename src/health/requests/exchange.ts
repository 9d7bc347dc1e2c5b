import { buildConnector, Pool, type Dispatcher } from "undici";
import { arrivedAt } from "./arrival.ts";
import { DeadlineError } from "./classify.ts";
import type { ResponseHeaders } from "./headers.ts";

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
  /** Of the whole body, also where `body` is cut. */
  bytes: number;
  error: Error | null;
  /** When the head and the first byte of the body came (performance.now()); NaN when they did not. */
  headersAt: number;
  firstByteAt: number;
  /** When it was over. */
  endAt: number;
}

/** Sees the pieces of a body as they come; `at` is performance.now(). Returns false when it wants no more. */
export type OnData = (chunk: Buffer, headers: ResponseHeaders, at: number) => void;

/** More than any sane answer; the rest is read and forgotten. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** A server that takes no connection for so long does not take it later either: TCP has repeated its first packet twice. */
const CONNECT_MS = 5_000;
/** A stall of this share of the time limit is reported as one. */
const IDLE_SHARE = 0.5;
const NO_BODY = Buffer.alloc(0);

/**
 * Connections to one origin. Certificates are verified, redirects are not followed, nothing is retried, and undici's own
 * timeouts are off: `exchange` has its own.
 */
export function openPool(origin: string, connections: number): Pool {
  // Said outright, or NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would switch it off.
  const connector = buildConnector({ timeout: CONNECT_MS, rejectUnauthorized: true });
  const connect: buildConnector.connector = (options, callback) => {
    connector(options, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      // Before undici's own listener, which hands the error on.
      socket.prependListener("error", (failure) => {
        if (socket.bytesRead > 0) carriedBefore.add(failure);
      });
      return callback(null, socket);
    });
  };
  return new Pool(origin, { connections, headersTimeout: 0, bodyTimeout: 0, connect });
}

/** Errors of connections that had brought bytes before. */
const carriedBefore = new WeakSet<Error>();

/**
 * Had the connection brought an answer, or a part of one, before it failed? A server may close an idle connection at the very
 * moment it is used again: undici does not repeat a POST then, and neither do we, but it may not be the app's fault.
 */
export function hadCarried(error: Error): boolean {
  if (carriedBefore.has(error)) return true;
  const socket: unknown = "socket" in error ? error.socket : undefined;
  return typeof socket === "object" && socket !== null && "bytesRead" in socket && Number(socket.bytesRead) > 0;
}

/**
 * Sends one request and waits for the last byte of the answer. Never rejects: a failure is in `error`, of a passed limit as a
 * DeadlineError with its phase. The limits: a connection within 5 s, a head within `timeoutMs`, then no stall of half of
 * `timeoutMs`, and all of it within `timeoutMs`.
 * @param timeoutMs from now until the whole answer has to be there
 * @param onData called with each piece of the body as it comes, before the answer is complete
 */
export function exchange(
  pool: Dispatcher,
  request: WireRequest,
  timeoutMs: number,
  onData: OnData | null = null,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const { method, path, body } = request;
    // undici reads the headers and does not keep them; its type only does not say so.
    const headers = request.headers as Record<string, string>;
    pool.dispatch({ method, path, headers, body }, new ExchangeHandler(timeoutMs, onData, resolve));
  });
}

/** Follows one request. A class, and one timer, since a closed loop makes ten thousand of them a second. */
class ExchangeHandler implements Dispatcher.DispatchHandler {
  readonly #timeoutMs: number;
  readonly #onData: OnData | null;
  readonly #resolve: (exchange: Exchange) => void;
  readonly #startedAt = performance.now();
  #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | null = null;
  #isSettled = false;
  #status: number | null = null;
  #headers: ResponseHeaders = {};
  #chunks: Buffer[] = [];
  #bytes = 0;
  #headersAt = Number.NaN;
  #firstByteAt = Number.NaN;
  #lastByteAt = Number.NaN;

  constructor(timeoutMs: number, onData: OnData | null, resolve: (exchange: Exchange) => void) {
    this.#timeoutMs = timeoutMs;
    this.#onData = onData;
    this.#resolve = resolve;
    // Nothing can be over before the shortest limit; most requests are done by then and never pay for a second timer.
    this.#timer = this.#wake(Math.min(CONNECT_MS, timeoutMs * IDLE_SHARE));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It waited for a connection until its limit had passed.
    if (this.#isSettled) controller.abort(new Error("not sent in time"));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    this.#headersAt = this.#arrivedAt();
    this.#lastByteAt = this.#headersAt;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const at = this.#arrivedAt();
    if (this.#bytes === 0) this.#firstByteAt = at;
    this.#lastByteAt = at;
    this.#bytes += chunk.length;
    if (this.#bytes <= MAX_BODY_BYTES) this.#chunks.push(chunk);
    if (!this.#isSettled) this.#onData?.(chunk, this.#headers, at);
  }

  onResponseEnd(): void {
    this.#settle(null, this.#arrivedAt());
  }

  /** Never before it was sent. */
  #arrivedAt(): number {
    return Math.max(arrivedAt(), this.#startedAt);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#settle(error);
  }

  #wake(ms: number): NodeJS.Timeout {
    // What has come meanwhile is read before it is judged: a busy process runs its timers first.
    return setTimeout(() => setImmediate(() => this.#look()), Math.max(0, ms));
  }

  #look(): void {
    if (this.#isSettled) return;
    const { error, at } = this.#limit();
    const leftMs = at - performance.now();
    if (leftMs > 0) {
      this.#timer = this.#wake(leftMs);
      return;
    }
    this.#settle(error);
    this.#controller?.abort(error);
  }

  /** The limit that passes next if nothing more comes, and when. */
  #limit(): { error: DeadlineError; at: number } {
    const timeoutMs = Math.round(this.#timeoutMs);
    const endAt = this.#startedAt + this.#timeoutMs;
    if (this.#controller === null) {
      const connectMs = Math.min(CONNECT_MS, this.#timeoutMs);
      const error = new DeadlineError("connect-timeout", `no connection within ${Math.round(connectMs)} ms`);
      return { error, at: this.#startedAt + connectMs };
    }
    if (this.#status === null) {
      return { error: new DeadlineError("first-byte-timeout", `no answer within ${timeoutMs} ms`), at: endAt };
    }
    const idleMs = this.#timeoutMs * IDLE_SHARE;
    const idleAt = this.#lastByteAt + idleMs;
    return idleAt <= endAt
      ? {
          error: new DeadlineError("idle-timeout", `no byte for ${Math.round(idleMs)} ms after ${this.#bytes}`),
          at: idleAt,
        }
      : {
          error: new DeadlineError("timeout", `not complete within ${timeoutMs} ms (${this.#bytes} bytes)`),
          at: endAt,
        };
  }

  #settle(error: Error | null, endAt = performance.now()): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#resolve({
      status: this.#status,
      headers: this.#headers,
      body: bodyOf(this.#chunks),
      bytes: this.#bytes,
      error,
      headersAt: this.#headersAt,
      firstByteAt: this.#firstByteAt,
      endAt,
    });
  }
}

function bodyOf(chunks: readonly Buffer[]): Buffer {
  if (chunks.length > 1) return Buffer.concat(chunks);
  return chunks[0] ?? NO_BODY;
}
