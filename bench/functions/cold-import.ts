// One cold import in a process like a platform's, which serves HTTP and has made a fetch: node cold-import.ts <bundle>
import http from "node:http";
import { pathToFileURL } from "node:url";
import { listen } from "../../src/host/listen.ts";

const server = http.createServer((_, outgoing) => {
  outgoing.end("{}");
});
const port = await listen(server, 0);
await (await fetch(`http://127.0.0.1:${port}`)).json();
const file = pathToFileURL(process.argv[2] ?? "").href;
const before = process.cpuUsage();
const startedMs = performance.now();
await import(file);
const wallMs = performance.now() - startedMs;
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ wallMs, cpuMs: (user + system) / 1e3 }));
server.close();
server.closeAllConnections();
