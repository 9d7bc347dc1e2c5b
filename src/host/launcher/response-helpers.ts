import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

interface Helpers {
  status(code: number): ServerResponse;
  send(body: unknown): ServerResponse;
  json(body: unknown): ServerResponse;
  redirect(statusOrUrl: number | string, url?: string): ServerResponse;
}

/** The helpers of @vercel/node for one answer (its helpers.ts), with its defaults. */
export function ownHelpers(req: IncomingMessage, res: ServerResponse): Helpers {
  return {
    status: (code) => Object.assign(res, { statusCode: code }),
    send: (body) => send(req, res, body),
    json: (body) => sendJson(req, res, body),
    redirect: (statusOrUrl, url) => redirect(res, statusOrUrl, url),
  };
}

function send(req: IncomingMessage, res: ServerResponse, body: unknown): ServerResponse {
  if (body === undefined) return end(req, res, Buffer.alloc(0));
  if (typeof body === "string" || body === null)
    return sendBytes(req, res, Buffer.from(body ?? ""), "text/html; charset=utf-8");
  if (Buffer.isBuffer(body)) return sendBytes(req, res, body, "application/octet-stream");
  if (["object", "number", "boolean"].includes(typeof body)) return sendJson(req, res, body);
  throw new Error("`body` is not a valid string, object, boolean, number, Stream, or Buffer");
}

function sendJson(req: IncomingMessage, res: ServerResponse, body: unknown): ServerResponse {
  return sendBytes(req, res, Buffer.from(JSON.stringify(body) ?? ""), "application/json; charset=utf-8");
}

function sendBytes(req: IncomingMessage, res: ServerResponse, bytes: Buffer, contentType: string): ServerResponse {
  if (!res.hasHeader("content-type")) res.setHeader("content-type", contentType);
  res.setHeader("content-length", bytes.length);
  if (!res.hasHeader("etag")) res.setHeader("etag", weakEtag(bytes));
  return end(req, res, bytes);
}

function end(req: IncomingMessage, res: ServerResponse, bytes: Buffer): ServerResponse {
  const empty = res.statusCode === 204 || res.statusCode === 304;
  if (empty) for (const name of ["content-type", "content-length", "transfer-encoding"]) res.removeHeader(name);
  return empty || req.method === "HEAD" ? res.end() : res.end(bytes);
}

function redirect(res: ServerResponse, statusOrUrl: number | string, url?: string): ServerResponse {
  const [status, location] = typeof statusOrUrl === "string" ? [307, statusOrUrl] : [statusOrUrl, url];
  if (location === undefined)
    throw new Error(
      "Invalid redirect arguments: use res.redirect('/destination') or res.redirect(307, '/destination')",
    );
  return res.writeHead(status, { location }).end();
}

/** The format of the `etag` package. */
function weakEtag(bytes: Buffer): string {
  const hash = createHash("sha1").update(bytes).digest("base64").slice(0, 27);
  return `W/"${bytes.length.toString(16)}-${hash}"`;
}
