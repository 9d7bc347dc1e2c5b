// Serves one function's bundle over HTTP, and tells on demand what processor time it has used: node serve-handler.ts <bundle>
import http from "node:http";
import { listen } from "../../src/host/listen.ts";
import { pathToFileURL } from "node:url";

interface Handler {
  fetch(request: Request): Promise<Response>;
}

const file = process.argv[2] ?? "";
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every bundle of the bench has one
const { default: handler } = (await import(pathToFileURL(file).href)) as { default: Handler };

/** The least between node:http and a web-standard handler. It does not wait for slow readers: here are none. */
const server = http.createServer(async (incoming, outgoing) => {
  const left = new AbortController();
  outgoing.on("close", () => {
    if (!outgoing.writableFinished) left.abort();
  });
  const request = new Request(`http://${incoming.headers.host}${incoming.url}`, {
    method: "POST",
    headers: Object.entries(incoming.headers).map(([name, value]): [string, string] => [name, String(value)]),
    body: Buffer.concat(await incoming.toArray()),
    signal: left.signal,
  });
  const response = await handler.fetch(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  try {
    for await (const chunk of response.body ?? []) outgoing.write(chunk);
    outgoing.end();
  } catch {
    outgoing.destroy();
  }
});

const port = await listen(server, 0);
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1e3 });
});
process.on("disconnect", () => process.exit());
process.send?.({ url: `http://127.0.0.1:${port}` });
