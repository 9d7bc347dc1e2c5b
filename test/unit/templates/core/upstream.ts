import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

export interface Asked {
  path: string;
  headers: http.IncomingHttpHeaders;
  body: any;
  atMs: number;
}

export interface Upstream {
  baseUrl: string;
  asked: Asked[];
  /** Connections that were opened, ever. */
  connections: number;
}

/** A target that does what the fake provider has no name for. Closed after the test. */
export async function startUpstream(
  answer: (res: ServerResponse, asked: Asked, req: IncomingMessage) => void,
): Promise<Upstream> {
  const server = http.createServer(async (req, res) => {
    const body = await text(req);
    const asked = {
      path: req.url ?? "",
      headers: req.headers,
      body: body === "" ? null : JSON.parse(body),
      atMs: performance.now(),
    };
    upstream.asked.push(asked);
    answer(res, asked, req);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const upstream: Upstream = { baseUrl: `http://127.0.0.1:${port}/v1`, asked: [], connections: 0 };
  server.on("connection", () => {
    upstream.connections += 1;
  });
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  return upstream;
}

/** The head of a stream, and these events at once. */
export function startStream(res: ServerResponse, ...data: (object | string)[]): void {
  res.writeHead(200, { "content-type": "text/event-stream" });
  sendEvents(res, ...data);
}

export function sendEvents(res: ServerResponse, ...data: (object | string)[]): void {
  for (const each of data) res.write(`data: ${typeof each === "string" ? each : JSON.stringify(each)}\n\n`);
}

/** A chunk with this delta. */
export function chunk(delta: object, finish: string | null = null): object {
  return { id: "c", object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: finish }] };
}

/** A complete answer of two pieces. */
export const whole = [
  chunk({ role: "assistant", content: "" }),
  chunk({ content: "Hel" }),
  chunk({ content: "lo" }),
  chunk({}, "stop"),
  "[DONE]",
];

export function sendJson(
  res: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  res.writeHead(status, { "content-type": "application/json", ...headers });
  res.end(JSON.stringify(body));
}

/** A port where nobody listens. */
export async function deadUrl(): Promise<string> {
  const server = http.createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return `http://127.0.0.1:${port}/v1`;
}
