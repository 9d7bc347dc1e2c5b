import { readdir } from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";

type Fetch = (request: Request) => Response | Promise<Response>;

export interface App {
  url: string;
  close(): Promise<void>;
}

const api = path.resolve(import.meta.dirname, "../api");

/**
 * The functions behind a plain HTTP server, all in one process: enough for tests. `edge-ai dev` is the real thing.
 * What they read of the environment has to be set before.
 */
export async function serveApp(): Promise<App> {
  const files = (await readdir(api)).filter((file) => file.endsWith(".ts"));
  const routes = new Map<string, Fetch>(
    await Promise.all(files.map(async (file) => [`/api/${path.parse(file).name}`, await load(file)] as const)),
  );
  return listen(
    async (request) => routes.get(new URL(request.url).pathname)?.(request) ?? new Response(null, { status: 404 }),
  );
}

async function load(file: string): Promise<Fetch> {
  const module = (await import(pathToFileURL(path.join(api, file)).href)) as { default: { fetch: Fetch } };
  return (request) => module.default.fetch(request);
}

/** A web-standard handler behind a server of its own. */
export async function listen(handle: Fetch): Promise<App> {
  const server = http.createServer(async (incoming, outgoing) => {
    const left = new AbortController();
    outgoing.on("close", () => left.abort());
    const method = incoming.method ?? "GET";
    const body = method === "GET" || method === "HEAD" ? null : Buffer.concat(await Readable.from(incoming).toArray());
    const headers = Object.entries(incoming.headers).map(([name, value]): [string, string] => [name, String(value)]);
    const url = new URL(incoming.url ?? "/", `http://${incoming.headers.host}`);
    const response = await handle(new Request(url, { method, headers, body, signal: left.signal }));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    try {
      for await (const chunk of response.body ?? []) outgoing.write(chunk);
      outgoing.end();
    } catch {
      outgoing.destroy();
    }
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
