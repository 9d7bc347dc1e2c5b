import type { IncomingMessage, ServerResponse } from "node:http";
import type { Exchange, Pace } from "./exchange.ts";

/** What the provider was asked. */
export interface FakeRequest {
  path: string;
  method: string;
  headers: Readonly<Record<string, string | undefined>>;
  /** As parsed; undefined when there was none, or no JSON. */
  body: unknown;
  /** Milliseconds since the epoch, when the head was read. */
  atMs: number;
  /** When the client left before the answer was complete; null when it did not. */
  abortedAtMs: number | null;
}

/** A request as it is noted, and the means to answer it. What the answer is comes later. */
export function openExchange(
  req: IncomingMessage,
  res: ServerResponse,
  pace: Pace,
): { url: URL; request: FakeRequest; exchange: Exchange } {
  const url = urlOf(req.url ?? "/");
  const request: FakeRequest = {
    path: url.pathname,
    method: req.method ?? "GET",
    headers: Object.fromEntries(Object.entries(req.headers).map(([name, value]) => [name, value?.toString()])),
    body: undefined,
    atMs: Date.now(),
    abortedAtMs: null,
  };
  const gone = new AbortController();
  let isReset = false;
  // Without a listener, a client's reset would end the process.
  req.on("error", () => {});
  res.on("close", () => {
    if (!res.writableFinished && !isReset) request.abortedAtMs = Date.now();
    gone.abort();
  });
  const exchange: Exchange = {
    res,
    answer: { json: () => ({}), jsonTokens: 0, stream: null },
    isStream: false,
    pace,
    startMs: performance.now(),
    signal: gone.signal,
    isFirstTime: () => false,
    reset() {
      isReset = true;
      res.socket?.resetAndDestroy();
    },
  };
  return { url, request, exchange };
}

/** The path and query that were asked for, at any origin. What is no path is the root. */
function urlOf(target: string): URL {
  const base = "http://localhost/";
  return URL.canParse(target, base) ? new URL(target, base) : new URL(base);
}
