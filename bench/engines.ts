// What measuring costs, against autocannon 9 and wrk: node bench/engines.ts [rounds] [bin]
// Run `npm run build` first; wrk comes from the system (apt-get install -y wrk). Each tool in turn, closed loop, the same
// trivial server in a process of its own; then the floor of our open loop. Exit 1 when we send less than autocannon.
import fs from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { median, withTempDir } from "./measure.ts";
import { autocannon, runTimed, wrk } from "./peers.ts";
import { startServer } from "./serve.ts";

const rounds = Number(process.argv[2] ?? 5);
const SECONDS = 4;
/** The most that one health check sends; with a server that is quicker than that it ends sooner. */
const MOST_REQUESTS = 100_000;
const PORT = 41_811;
const url = `http://127.0.0.1:${PORT}`;
const PAYLOAD = JSON.stringify({ data: [{ text: "x".repeat(1_000), score: 1 }] });
const HEALTH = JSON.stringify({
  version: 1,
  status: "ok",
  buildId: "bare",
  modelId: "none",
  mode: "local",
  task: "chat",
});
const bare = `const answers = { "/api/health": ${JSON.stringify(HEALTH)} };
require("node:http").createServer((req, res) => { res.setHeader("content-type", "application/json");
res.end(answers[req.url] ?? ${JSON.stringify(PAYLOAD)}); }).listen(${PORT}, "127.0.0.1")`;

interface Cost {
  perSecond: number;
  /** Processor time of the tool in µs, its start-up in it. */
  cpuUsEach: number;
}

const quantiles = { p50: z.number().nullable(), p95: z.number().nullable(), p99: z.number().nullable() };
const documentSchema = z.object({
  load: z.object({ sentMs: z.number() }),
  measurement: z.object({
    requests: z.number(),
    errors: z.number(),
    latencyMs: z.object(quantiles),
    sendLagMs: z.object({ p99: z.number() }),
    eventLoopDelayMs: z.object({ p99: z.number() }),
  }),
});

const bin = path.resolve(process.argv[3] ?? "dist/edge-ai.js");

await withTempDir(async (dir) => {
  const plain = await project(dir, "plain", { status: 200 });
  const shaped = await project(dir, "shaped", { status: 200, json: { data: [{ text: "string", score: "number" }] } });
  const server = await startServer(url, [process.execPath, "-e", bare]);
  try {
    let isWorse = false;
    for (const connections of [10, 50]) {
      const load = { url, connections, seconds: SECONDS };
      const costs = await inTurn({
        "edge-ai": () => ours(plain, connections),
        "edge-ai, shape of the JSON checked": () => ours(shaped, connections),
        "autocannon 9": async () => costOf(await autocannon(load)),
        "wrk, 1 thread": async () => costOf(await wrk(load, dir)),
      });
      isWorse = printCosts(connections, costs) || isWorse;
    }
    await printFloor(plain);
    process.exitCode = isWorse ? 1 : 0;
  } finally {
    await server.stop();
  }
});

/** Makes a folder with an edge-ai.json whose one probe expects that. */
async function project(dir: string, name: string, expect: object): Promise<string> {
  const folder = path.join(dir, name);
  await fs.mkdir(folder);
  const config = {
    version: 1,
    name,
    task: "embeddings",
    mode: "local",
    model: { id: "none" },
    latencyBudgetMs: 300,
    probes: [{ name, path: "/x", expect }],
  };
  await fs.writeFile(path.join(folder, "edge-ai.json"), JSON.stringify(config));
  return folder;
}

async function healthcheck(dir: string, load: readonly string[], seconds: number) {
  const command = [process.execPath, bin, "healthcheck", url, "--json", ...load, "--min-duration", `${seconds}s`];
  const run = await runTimed(command, (seconds + 30) * 1e3, dir);
  const parsed = documentSchema.safeParse(JSON.parse(run.stdout || "null"));
  if (!parsed.success) throw new Error(`no measurement: ${run.stdout}${run.stderr}`);
  return { run, ...parsed.data };
}

async function ours(dir: string, connections: number): Promise<Cost> {
  const load = ["--concurrency", `${connections}`, "--max-requests", `${MOST_REQUESTS}`, "--duration", `${SECONDS}s`];
  const { run, load: sent, measurement } = await healthcheck(dir, load, SECONDS);
  if (measurement.errors > 0) throw new Error(`${measurement.errors} errors: ${run.stdout}`);
  const { requests } = measurement;
  return { perSecond: (requests * 1e3) / sent.sentMs, cpuUsEach: (run.cpuMs * 1e3) / requests };
}

function costOf(report: { perSecond: number; cpuMs: number; requests: number }): Cost {
  return { perSecond: report.perSecond, cpuUsEach: (report.cpuMs * 1e3) / report.requests };
}

/** Runs them A B C, A B C …, so that what else the machine does hits all alike. @returns the medians */
async function inTurn(tools: Record<string, () => Promise<Cost>>): Promise<Map<string, Cost>> {
  const all = new Map<string, Cost[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(tools)) all.set(name, [...(all.get(name) ?? []), await run()]);
  }
  const medians = [...all].map(([name, costs]): [string, Cost] => {
    const perSecond = median(costs.map((cost) => cost.perSecond));
    return [name, { perSecond, cpuUsEach: median(costs.map((cost) => cost.cpuUsEach)) }];
  });
  return new Map(medians);
}

/** @returns whether we send less than autocannon */
function printCosts(connections: number, costs: Map<string, Cost>): boolean {
  const peers = ["autocannon 9", "wrk, 1 thread"].map((name) => costs.get(name)?.perSecond ?? Number.NaN);
  console.log(`\n${connections} connections, closed loop, ${SECONDS} s, medians of ${rounds} rounds in turn\n`);
  console.log("| | requests/s | CPU µs a request | requests/s : autocannon | : wrk |\n|---|---|---|---|---|");
  for (const [name, { perSecond, cpuUsEach }] of costs) {
    const ratios = peers.map((peer) => (perSecond / peer).toFixed(2));
    console.log(`| ${name} | ${Math.round(perSecond)} | ${cpuUsEach.toFixed(1)} | ${ratios.join(" | ")} |`);
  }
  return (costs.get("edge-ai")?.perSecond ?? 0) < (peers[0] ?? 0);
}

/** What our open loop reads from a server that answers at once: nothing below that can be measured. */
async function printFloor(dir: string): Promise<void> {
  console.log("\nOpen loop against the same server, 10 s, ms from when a request was due\n");
  console.log(
    "| requests/s | p50 | p95 | p99 | sent late, p99 | event loop late, p99 | CPU of a core |\n|---|---|---|---|---|---|---|",
  );
  for (const rate of [100, 1_000]) {
    const load = ["--rate", `${rate}`, "--max-requests", `${rate * 10}`];
    const { run, measurement } = await healthcheck(dir, load, 10);
    const { latencyMs, sendLagMs, eventLoopDelayMs } = measurement;
    const figures = [latencyMs.p50, latencyMs.p95, latencyMs.p99, sendLagMs.p99, eventLoopDelayMs.p99];
    const shown = figures.map((ms) => ms?.toFixed(2) ?? "–").join(" | ");
    console.log(`| ${rate} | ${shown} | ${((run.cpuMs / run.wallMs) * 100).toFixed(0)} % |`);
  }
}
