import http from "node:http";

export type Handler = (request: http.IncomingMessage, response: http.ServerResponse, n: number) => void;

export const healthDocument = {
  version: 1,
  status: "ok",
  buildId: "build-1",
  modelId: "use-lite",
  mode: "local",
  task: "embeddings",
};

/** A real server on a free loopback port. `n` counts the requests that are not for the health document, from 1. */
export async function startApp(
  handler: Handler,
  health: Handler = (_, response) => json(response, healthDocument),
): Promise<{ url: string; port: number; seen: http.IncomingMessage[]; stop: () => Promise<void> }> {
  const seen: http.IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    if (request.url === "/api/health") return health(request, response, seen.length);
    seen.push(request);
    return handler(request, response, seen.length);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const port = portOf(server);
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, port, seen, stop };
}

/** Answers with a JSON document. */
export function json(response: http.ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

/** The port of a server that listens on TCP. */
export function portOf(server: http.Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server does not listen on TCP");
  return address.port;
}

/** Sends a head and half of the body, then closes. */
export function truncate(response: http.ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json", "content-length": 100 });
  response.write('{"data":', () => response.socket?.destroy());
}
