// A long health check: is its memory flat, does it let go of its sockets, is its event loop free? node bench/soak.ts [--minutes 10]
// Run `npm run build` first; reads /proc, so Linux. Exit 1 when it is not so.
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import path from "node:path";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import * as z from "zod";
import { median, withTempDir } from "./measure.ts";
import { startServer } from "./serve.ts";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "10" }, bin: { type: "string", default: "dist/edge-ai.js" } },
});
const RATE = 150;
const PORT = 41_812;
const SAMPLE_MS = 10_000;
const LARGEST_DRIFT_MB = 10;
const LARGEST_DELAY_MS = 10;
/** Answers overlap only when one is late; more connections than this would be a leak. */
const LARGEST_SOCKET_GROWTH = 10;
const url = `http://127.0.0.1:${PORT}/`;
const bare = `require("node:http").createServer((req, res) => { res.setHeader("content-type", "application/json");
setTimeout(() => res.end(${JSON.stringify(JSON.stringify({ text: "x".repeat(1_000) }))}), 20); }).listen(${PORT}, "127.0.0.1")`;

interface Look {
  seconds: number;
  rssMb: number;
  sockets: number;
}

const documentSchema = z.object({
  measurement: z.object({
    requests: z.number(),
    errors: z.number(),
    latencyMs: z.object({ p50: z.number().nullable(), p99: z.number().nullable() }),
    sendLagMs: z.object({ p99: z.number() }),
    eventLoopDelayMs: z.object({ p99: z.number() }),
  }),
});
type Measurement = z.infer<typeof documentSchema>["measurement"];

const seconds = Math.round(Number(values.minutes) * 60);
await withTempDir(async (dir) => {
  const server = await startServer(url, [process.execPath, "-e", bare]);
  try {
    const { looks, measurement } = await soak(dir);
    process.exitCode = printResult(looks, measurement) ? 0 : 1;
  } finally {
    await server.stop();
  }
});

async function soak(dir: string): Promise<{ looks: Look[]; measurement: Measurement }> {
  const load = ["--rate", `${RATE}`, "--max-requests", `${RATE * seconds}`];
  // As long at least as it takes to send them: no verdict ends it before.
  const whole = ["--duration", `${seconds + 10}s`, "--min-duration", `${seconds}s`];
  const args = [path.resolve(values.bin), "healthcheck", url, "--path", "/", "--json", ...load, ...whole];
  const child = spawn(process.execPath, args, { cwd: dir, stdio: ["ignore", "pipe", "ignore"] });
  const giveUp = setTimeout(() => child.kill("SIGKILL"), (seconds + 60) * 1_000);
  const looks: Look[] = [];
  const startedAt = performance.now();
  const timer = setInterval(() => {
    const at = (performance.now() - startedAt) / 1_000;
    // What it needs to judge in the end is not part of the soak. It may just have ended: the table then ends too.
    if (at < seconds)
      void look(child.pid, at).then(
        (seen) => looks.push(seen),
        () => undefined,
      );
  }, SAMPLE_MS);
  try {
    const [stdout] = await Promise.all([text(child.stdout), once(child, "exit")]);
    return { looks, measurement: documentSchema.parse(JSON.parse(stdout)).measurement };
  } finally {
    clearInterval(timer);
    clearTimeout(giveUp);
  }
}

async function look(pid: number | undefined, atSeconds: number): Promise<Look> {
  const status = await fs.readFile(`/proc/${pid}/status`, "utf8");
  const rssKb = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  const files = await fs.readdir(`/proc/${pid}/fd`);
  const links = await Promise.all(files.map((file) => fs.readlink(`/proc/${pid}/fd/${file}`).catch(() => "")));
  const sockets = links.filter((link) => link.startsWith("socket:")).length;
  return { seconds: Math.round(atSeconds), rssMb: rssKb / 1_024, sockets };
}

/** @returns whether all was well */
function printResult(looks: readonly Look[], measurement: Measurement): boolean {
  console.log("| s | RSS MB | sockets |\n|---|---|---|");
  for (const { seconds: at, rssMb, sockets } of looks) console.log(`| ${at} | ${rssMb.toFixed(1)} | ${sockets} |`);
  const settled = looks.filter(({ seconds: at }) => at > 60);
  const rss = settled.map(({ rssMb }) => rssMb);
  const middle = median(rss);
  const driftMb = Math.max(...rss.map((mb) => Math.abs(mb - middle)));
  const sockets = settled.map((each) => each.sockets);
  const growth = (sockets.at(-1) ?? 0) - (sockets[0] ?? 0);
  const { requests, errors, latencyMs, sendLagMs, eventLoopDelayMs } = measurement;
  console.log(`\n${requests} requests, ${errors} errors, p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms`);
  const verdicts = [
    say(`memory after the first minute: ${middle.toFixed(1)} ± ${driftMb.toFixed(1)} MB`, driftMb <= LARGEST_DRIFT_MB),
    say(`event loop late, p99: ${eventLoopDelayMs.p99.toFixed(1)} ms`, eventLoopDelayMs.p99 < LARGEST_DELAY_MS),
    say(`sent late, p99: ${sendLagMs.p99.toFixed(1)} ms`, sendLagMs.p99 < LARGEST_DELAY_MS),
    say(`sockets after the first minute: ${growth} more`, growth <= LARGEST_SOCKET_GROWTH),
    say(`every request was sent: ${requests} of ${RATE * seconds}`, requests === RATE * seconds && errors === 0),
  ];
  return settled.length > 0 && verdicts.every(Boolean);
}

function say(what: string, isWell: boolean): boolean {
  console.log(`${isWell ? "ok  " : "MISS"} ${what}`);
  return isWell;
}
