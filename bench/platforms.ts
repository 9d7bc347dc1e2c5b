// The same app on both local runtimes: our host of Vercel functions, and workerd of Cloudflare: node bench/platforms.ts [rounds]
// Run `npm run build` first. Loopback, one machine: it compares runtimes, and says nothing of either network or its machines.
import path from "node:path";
import autocannon from "autocannon";
import { startFakeProvider } from "../src/fake-provider/server.ts";
import { freePort } from "../test/free-port.ts";
import { median, withTempDir } from "./measure.ts";
import { APP_KEY, makeApps, type App } from "./platforms/apps.ts";
import { startServer } from "./serve.ts";

const rounds = Number(process.argv[2] ?? 5);
const SECONDS = 5;
const CONNECTIONS = 10;

const platforms = {
  vercel: { name: "our host (Vercel functions, Node 24)", command: hostCommand },
  cloudflare: { name: "workerd (Cloudflare Workers)", command: workerdCommand },
} as const;
type Platform = keyof typeof platforms;

interface Round {
  startMs: number;
  coldMs: number;
  requestsPerSecond: number;
  p50Ms: number;
  p95Ms: number;
}

const provider = await startFakeProvider({ firstTokenMs: 0, tokenMs: 0, tokens: 20 });
try {
  await withTempDir(async (root) => {
    const apps = await makeApps(root, provider.baseUrl);
    console.log(
      `\nMedians of ${rounds} rounds in turn; ${CONNECTIONS} connections for ${SECONDS} s, closed loop, provider answers at once.\n\n` +
        "| app | runtime | bytes | start ms | cold ms | p50 ms | p95 ms | req/s | of our host |\n|---|---|---|---|---|---|---|---|---|",
    );
    for (const app of apps) await compare(app);
  });
} finally {
  await provider.close();
}

/** Measures in turn, A B A B, so that what else the machine does meets both. */
async function compare(app: App): Promise<void> {
  const measured: Record<Platform, Round[]> = { vercel: [], cloudflare: [] };
  for (let round = 0; round < rounds; round++) {
    for (const platform of ["vercel", "cloudflare"] as const) measured[platform].push(await measure(app, platform));
  }
  const host = median(measured.vercel.map(({ requestsPerSecond }) => requestsPerSecond));
  for (const platform of ["vercel", "cloudflare"] as const) {
    const of = (key: keyof Round): number => median(measured[platform].map((each) => each[key]));
    const figures = [of("startMs"), of("coldMs"), of("p50Ms"), of("p95Ms"), of("requestsPerSecond")];
    const cells = figures.map((value) => value.toFixed(value < 10 ? 1 : 0));
    const ratio = (of("requestsPerSecond") / host).toFixed(2);
    console.log(
      `| ${app.name} | ${platforms[platform].name} | ${app.bytes[platform]} | ${cells.join(" | ")} | ${ratio} |`,
    );
  }
}

/** start: until /api/health answers; cold: the first answer of the app's own route after that. */
async function measure(app: App, platform: Platform): Promise<Round> {
  const port = await freePort();
  const started = performance.now();
  const server = await startServer(`http://127.0.0.1:${port}/api/health`, platforms[platform].command(app, port), {
    cwd: platform === "vercel" ? app.dir : process.cwd(),
  });
  try {
    const startMs = performance.now() - started;
    const url = `http://127.0.0.1:${port}${app.path}`;
    const headers = { "content-type": "application/json", authorization: `Bearer ${APP_KEY}` };
    const request = { method: "POST", headers, body: JSON.stringify(app.body) };
    const asked = performance.now();
    const first = await fetch(url, request);
    const text = await first.text();
    const coldMs = performance.now() - asked;
    if (!first.ok) throw new Error(`${platform} answered ${first.status}: ${text.slice(0, 300)}`);
    const load = { url, ...request, method: "POST" as const, connections: CONNECTIONS };
    await autocannon({ ...load, duration: 2 });
    const times: number[] = [];
    const result = await new Promise<autocannon.Result>((resolve, reject) => {
      const run = autocannon({ ...load, duration: SECONDS }, (error: unknown, done) =>
        error instanceof Error ? reject(error) : resolve(done),
      );
      // It keeps no p95 of its own.
      run.on("response", (_client, _status, _bytes, ms) => void times.push(ms));
    });
    if (result.non2xx + result.errors > 0) throw new Error(`${platform}: ${result.non2xx + result.errors} failed`);
    times.sort((a, b) => a - b);
    return {
      startMs,
      coldMs,
      requestsPerSecond: result["2xx"] / result.duration,
      p50Ms: times[Math.floor(times.length * 0.5)] ?? Number.NaN,
      p95Ms: times[Math.floor(times.length * 0.95)] ?? Number.NaN,
    };
  } finally {
    await server.stop();
  }
}

function hostCommand(_app: App, port: number): string[] {
  return [process.execPath, path.resolve("dist/edge-ai.js"), "dev", "--prebuilt", "--port", String(port)];
}

function workerdCommand(app: App, port: number): string[] {
  return [process.execPath, path.resolve("bench/platforms/workerd.ts"), app.dir, String(port)];
}
