// The host against a bare node:http server and `vercel dev`, same answer of 1 kB, loopback: node bench/host.ts
import fs from "node:fs/promises";
import path from "node:path";
import autocannon from "autocannon";
import { withTempDir } from "./measure.ts";
import { startServer, type Server } from "./serve.ts";

const SECONDS = 5;
const PAYLOAD = JSON.stringify({ text: "x".repeat(1_000) });
const bare = `require("node:http").createServer((req, res) => { res.setHeader("content-type", "application/json"); res.end(${JSON.stringify(PAYLOAD)}); }).listen(41801, "127.0.0.1")`;

await withTempDir(async (dir) => {
  await fs.symlink(path.resolve("node_modules"), path.join(dir, "node_modules"));
  await fs.mkdir(path.join(dir, "api"));
  await fs.mkdir(path.join(dir, "public"));
  await fs.writeFile(path.join(dir, "package.json"), '{"type":"module","engines":{"node":"24.x"}}');
  await fs.writeFile(
    path.join(dir, "api/x.js"),
    `export default { fetch: () => new Response(${JSON.stringify(PAYLOAD)}, { headers: { "content-type": "application/json" } }) };\n`,
  );
  const cli = path.resolve("dist/edge-ai.js");
  const vercel = path.resolve("node_modules/vercel/dist/index.js");
  const env = { VERCEL_TELEMETRY_DISABLED: "1", NO_UPDATE_NOTIFIER: "1", CI: "1" };

  console.log(
    `\nA function that answers 1 kB, ${SECONDS} s closed loop\n\n| | connections | good/s | p50 ms | p99 ms |\n|---|---|---|---|---|`,
  );
  await row("bare node:http", await startServer("http://127.0.0.1:41801/api/x", [process.execPath, "-e", bare]), 10);
  await row(
    "edge-ai dev (host, child process per function)",
    await startServer("http://127.0.0.1:41802/api/x", [process.execPath, cli, "dev", "--port", "41802"], { cwd: dir }),
    10,
  );
  await row(
    "vercel dev 58.4.4",
    await startServer(
      "http://127.0.0.1:41803/api/x",
      [process.execPath, vercel, "dev", "--local", "--listen", "127.0.0.1:41803", "--yes"],
      { cwd: dir, env },
    ),
    1,
  );
});

async function row(name: string, server: Server, connections: number): Promise<void> {
  try {
    const result = await autocannon({ url: server.url, connections, duration: SECONDS, timeout: 30 });
    console.log(
      `| ${name} | ${connections} | ${(result["2xx"] / result.duration).toFixed(1)} | ${result.latency.p50} | ${result.latency.p99} |`,
    );
  } finally {
    await server.stop();
  }
}
