import http from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import batch from "../api/batch.ts";
import embeddings from "../api/embeddings.ts";
import health from "../api/health.ts";
import prefetch from "../api/prefetch.ts";

const routes = new Map([
  ["/api/batch", batch],
  ["/api/embeddings", embeddings],
  ["/api/health", health],
  ["/api/prefetch", prefetch],
]);

export interface App {
  url: string;
  close(): Promise<void>;
}

/** The functions behind a plain HTTP server, all in one process: enough for tests. `edge-ai dev` is the real thing. */
export async function serveApp(): Promise<App> {
  const server = http.createServer(async (incoming, outgoing) => {
    const url = new URL(incoming.url ?? "/", `http://${incoming.headers.host}`);
    const method = incoming.method ?? "GET";
    const body =
      method === "GET" || method === "HEAD" ? undefined : Buffer.concat(await Readable.from(incoming).toArray());
    const response =
      (await routes.get(url.pathname)?.fetch(new Request(url, { method, body }))) ??
      new Response(null, { status: 404 });
    outgoing
      .writeHead(response.status, Object.fromEntries(response.headers))
      .end(Buffer.from(await response.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}
