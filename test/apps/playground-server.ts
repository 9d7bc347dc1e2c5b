// An app for the playground to talk to: its real page under a strict policy, and functions that do what a test wants.
import fs from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { Readable } from "node:stream";
import type { ReadableStream as WebStream } from "node:stream/web";
import { systemCode } from "../../src/errors.ts";
import { contentTypeOf } from "../../src/host/content-types.ts";

export type Answer = (request: Request) => Promise<Response> | Response;

export interface TestApp {
  url: string;
  close(): Promise<void>;
}

const PUBLIC = path.resolve("templates/app/public");
/** What a careful user would send: nothing inline, nothing from elsewhere but pictures (those of a fake provider too). */
const POLICY = "default-src 'self'; img-src 'self' https: http://127.0.0.1:*";

/** Serves the page, and these routes: path → function. Any other path below /api is 404. */
export async function serveTestApp(routes: Record<string, Answer>): Promise<TestApp> {
  const server = http.createServer((req, res) => {
    void answer(routes, req, res).catch(() => res.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  routes: Record<string, Answer>,
  req: http.IncomingMessage,
  res: http.ServerResponse,
): Promise<void> {
  const url = new URL(req.url ?? "/", `http://${req.headers.host}`);
  if (!url.pathname.startsWith("/api/")) return sendFile(url.pathname, res);
  const response = (await routes[url.pathname]?.(toRequest(url, req, res))) ?? new Response("no", { status: 404 });
  res.writeHead(response.status, Object.fromEntries(response.headers)).flushHeaders();
  for await (const chunk of response.body ?? []) res.write(chunk);
  res.end();
}

/** Its signal is aborted when the client leaves before the end. */
function toRequest(url: URL, req: http.IncomingMessage, res: http.ServerResponse): Request {
  const left = new AbortController();
  res.once("close", () => {
    if (!res.writableFinished) left.abort();
  });
  const headers = Object.entries(req.headers).map(([name, value]): [string, string] => [name, String(value)]);
  const { method = "GET" } = req;
  const body = method === "POST" ? (Readable.toWeb(req) as WebStream<Uint8Array>) : undefined;
  return new Request(url, { method, headers, signal: left.signal, ...(body && { body, duplex: "half" }) });
}

async function sendFile(pathname: string, res: http.ServerResponse): Promise<void> {
  const file = path.join(PUBLIC, pathname.endsWith("/") ? `${pathname}index.html` : pathname);
  try {
    const content = await fs.readFile(file);
    res.writeHead(200, { "content-type": contentTypeOf(file), "content-security-policy": POLICY }).end(content);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    res.writeHead(404).end();
  }
}
