import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { bodyParser, parseCookies, parseQuery } from "./parse-request.ts";
import { ownHelpers } from "./response-helpers.ts";
import type { Listener } from "./serve.ts";

/**
 * A Node.js handler with the helpers of @vercel/node: `req.query`, `req.cookies` and `req.body`, parsed when they are
 * read, and `res.status`, `send`, `json` and `redirect`.
 */
export function withHelpers(handler: Listener): Listener {
  return async (req, res) => {
    const contentType = req.headers["content-type"];
    const body = contentType === undefined ? Buffer.alloc(0) : await readBody(req);
    defineLazy(req, "query", () => parseQuery(req.url ?? "/"));
    defineLazy(req, "cookies", () => parseCookies(req.headers.cookie ?? ""));
    defineLazy(req, "body", bodyParser(body, contentType));
    Object.assign(res, ownHelpers(req, res));
    return handler(req, res);
  };
}

/** Reads the body for `req.body`, and leaves it readable for a handler that takes the stream. */
async function readBody(req: IncomingMessage): Promise<Buffer> {
  // No encoding is set, so chunks are bytes.
  const stream: AsyncIterable<Buffer> = req;
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const replay = new PassThrough();
  replay.end(body);
  const original = req.on.bind(req);
  const on: typeof req.on = (event, listener) => {
    if (event === "data" || event === "end" || event === "readable") replay.on(event, listener);
    else original(event, listener);
    return req;
  };
  Object.assign(req, {
    on,
    addListener: on,
    read: replay.read.bind(replay),
    pipe: replay.pipe.bind(replay),
    [Symbol.asyncIterator]: () => replay[Symbol.asyncIterator](),
  });
  return body;
}

function defineLazy(target: object, key: string, parse: () => unknown): void {
  const set = (value: unknown): void => {
    Object.defineProperty(target, key, { value, configurable: true, enumerable: true, writable: true });
  };
  const get = (): unknown => {
    const value = parse();
    set(value);
    return value;
  };
  Object.defineProperty(target, key, { get, set, configurable: true, enumerable: true });
}
