import type { IncomingMessage, ServerResponse } from "node:http";
import { requestUrl } from "./request-url.ts";
import type { Listener } from "./serve.ts";
import { sendResponse } from "./web-response.ts";

export const HTTP_METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH"] as const;

export type WebHandlers = Partial<Record<string, (request: Request) => unknown>>;

/** A Node.js listener around web handlers. A method without a handler is answered with 405 and no body. */
export function createWebListener(handlers: WebHandlers): Listener {
  return async (req, res) => {
    const handler = handlers[req.method ?? "GET"];
    if (handler === undefined) {
      res.statusCode = 405;
      res.end();
      return;
    }
    const body = hasBody(req) ? readBody(req) : undefined;
    try {
      await sendResponse(res, await handler(toRequest(req, res, body?.stream)));
    } finally {
      body?.discard();
    }
  };
}

function toRequest(req: IncomingMessage, res: ServerResponse, body: ReadableStream | undefined): Request {
  const client = new AbortController();
  res.once("close", () => {
    if (!res.writableFinished) client.abort(new DOMException("The client has left", "AbortError"));
  });
  const method = req.method ?? "GET";
  return new Request(requestUrl(req), {
    method,
    headers: toHeaders(req.rawHeaders),
    signal: client.signal,
    ...(body === undefined ? {} : { body, duplex: "half" }),
  });
}

function toHeaders(raw: string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? "";
    if (!connectionHeaders.has(name.toLowerCase())) pairs.push([name, raw[at + 1] ?? ""]);
  }
  return pairs;
}

/** These are about the connection to the host, not about the request. */
const connectionHeaders = new Set(["connection", "keep-alive", "transfer-encoding"]);

function hasBody(req: IncomingMessage): boolean {
  if (req.method === "GET" || req.method === "HEAD") return false;
  return req.headers["transfer-encoding"] !== undefined || Number(req.headers["content-length"] ?? 0) > 0;
}

/** The body as a web stream that reads only when it is read, and a way to throw the rest away. */
function readBody(req: IncomingMessage): { stream: ReadableStream<Uint8Array>; discard(): void } {
  const chunks: AsyncIterator<Uint8Array> = req.iterator({ destroyOnReturn: false });
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
  // What a handler does not read has to leave the connection before its next request.
  const discard = () => void Promise.resolve(chunks.return?.()).then(() => req.resume(), ignore);
  return { stream, discard };
}

/** The client has left; whoever reads the body was told so. */
function ignore(): void {}
