import { randomUUID } from "node:crypto";
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import type { Call } from "./call.ts";
import { routeHeaders } from "./call-headers.ts";
import { proxyExternal } from "./external.ts";
import { invoke } from "./invoke.ts";
import { findEntry, type Output, type OutputEntry } from "./output.ts";
import { sendPlatformError, sendText } from "./platform-errors.ts";
import { route, type Routed } from "./router.ts";
import type { ServedFunction } from "./served-function.ts";
import { serveStatic, type StaticFile } from "./static-file.ts";

type Functions = ReadonlyMap<string, ServedFunction>;

/** Routes a request and answers it with a file, a function or an error. */
export async function answer(
  output: Output,
  functions: Functions,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const requestId = newRequestId();
  const target = parseTarget(req.url ?? "/");
  if (target === undefined) return sendPlatformError(req, res, "BAD_REQUEST", requestId);
  const query = target.search.slice(1);
  const routed = route(
    output.table,
    { method: req.method ?? "GET", path: target.pathname, query, headers: req.headers },
    (path) => findEntry(output, path) !== undefined,
  );
  const routedQuery = routed.kind === "output" ? routed.query : query;
  const url = routedQuery === "" ? target.pathname : `${target.pathname}?${routedQuery}`;
  const matchedPath = routed.kind === "output" ? toAscii(routed.path) : target.pathname;
  const status = routed.kind === "output" ? routed.status : undefined;
  const call: Call = { req, res, requestId, url, matchedPath, status, headers: routed.headers };
  if (routed.kind === "external") return proxyExternal(routed.url, call);
  const entry = routed.kind === "output" ? findEntry(output, routed.path) : undefined;
  const served = entry?.kind === "function" ? functions.get(entry.name) : undefined;
  if (served !== undefined) return invoke(served, call);
  for (const [name, value] of Object.entries(routeHeaders(call))) res.setHeader(name, value);
  if (routed.kind === "output") await answerOutput(entry, call);
  else answerRoute(routed, call);
}

async function answerOutput(entry: OutputEntry | undefined, call: Call): Promise<void> {
  const { req, res } = call;
  if (entry?.kind === "unsupported") sendText(res, 501, `${entry.reason}\n`);
  else if (entry?.kind === "static") await answerFile(entry, call);
  else sendPlatformError(req, res, "NOT_FOUND", call.requestId);
}

async function answerFile(file: StaticFile, { req, res, status, requestId }: Call): Promise<void> {
  if (req.method !== "GET" && req.method !== "HEAD") sendPlatformError(req, res, "METHOD_NOT_ALLOWED", requestId);
  else if (!(await serveStatic(file, status, req, res))) sendPlatformError(req, res, "NOT_FOUND", requestId);
}

function answerRoute(routed: Extract<Routed, { kind: "redirect" | "error" }>, { req, res, requestId }: Call): void {
  if (routed.kind === "redirect") {
    res.setHeader("location", routed.location);
    sendText(res, routed.status, "Redirecting...\n");
  } else if (routed.status === 404) sendPlatformError(req, res, "NOT_FOUND", requestId);
  else sendText(res, routed.status, `${STATUS_CODES[routed.status] ?? "Error"}\n\n${requestId}\n`);
}

/** Path and query of a request line, normalised: no `..` in it any more. Undefined for `*` and what is no URL. */
function parseTarget(target: string): URL | undefined {
  const url = target.startsWith("/") ? `http://localhost${target}` : target;
  return URL.canParse(url) ? new URL(url) : undefined;
}

/** A path that a header can carry. */
function toAscii(path: string): string {
  return /^[\x21-\x7E]*$/.test(path) ? path : new URL(`http://localhost${path}`).pathname;
}

/** Like Vercel's: edge, region of the function, and an id of the request. */
function newRequestId(): string {
  const uuid = randomUUID();
  return `dev1::dev1::${uuid.slice(0, 5)}-${Date.now()}-${uuid.slice(24)}`;
}
