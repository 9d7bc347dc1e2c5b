import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import path from "node:path";
import { text } from "node:stream/consumers";
import * as z from "zod";

/** What a program printed and used. CPU is user + system of it and its children. */
export interface Run {
  stdout: string;
  stderr: string;
  exitCode: number | null;
  wallMs: number;
  cpuMs: number;
}

/** A load tool's own report. Times in ms; what it does not print is null. */
export interface PeerReport {
  requests: number;
  /** What it counts as gone wrong, whatever it calls it. */
  errors: number;
  perSecond: number;
  p50: number;
  p95: number | null;
  p975: number | null;
  p99: number;
  cpuMs: number;
}

export interface PeerOptions {
  url: string;
  connections: number;
  seconds: number;
  /** autocannon's rate mode; absent: each connection waits for its answer. */
  ratePerSecond?: number;
}

/**
 * Runs a program to its end, and counts the processor time of all it started with bash's own `time`.
 * @param mostMs after that its process group is ended
 */
export async function runTimed(command: readonly string[], mostMs: number, cwd?: string): Promise<Run> {
  const script = 'TIMEFORMAT="TIMED %R %U %S"; time "$@"';
  const child = spawn("bash", ["-c", script, "bash", ...command], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const { pid } = child;
  const timer = setTimeout(() => pid !== undefined && process.kill(-pid, "SIGKILL"), mostMs);
  try {
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), exitOf(child)]);
    const [real = Number.NaN, user = 0, system = 0] = (/TIMED (.+)/.exec(stderr)?.[1] ?? "").split(" ").map(Number);
    return { stdout, stderr, exitCode: child.exitCode, wallMs: real * 1e3, cpuMs: (user + system) * 1e3 };
  } finally {
    clearTimeout(timer);
  }
}

async function exitOf(child: ReturnType<typeof spawn>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

const AUTOCANNON = path.resolve("node_modules/autocannon/autocannon.js");
const autocannonJson = z.object({
  errors: z.number(),
  non2xx: z.number(),
  duration: z.number(),
  requests: z.object({ total: z.number() }),
  latency: z.object({ p50: z.number(), p97_5: z.number(), p99: z.number() }),
});

/** Runs autocannon 9, which prints p97.5 and no p95. */
export async function autocannon({ url, connections, seconds, ratePerSecond }: PeerOptions): Promise<PeerReport> {
  const rate = ratePerSecond === undefined ? [] : ["-R", String(ratePerSecond)];
  const load = ["-c", String(connections), "-d", String(seconds), ...rate];
  const run = await runTimed([process.execPath, AUTOCANNON, ...load, "--json", url], (seconds + 30) * 1e3);
  const { errors, non2xx, duration, requests, latency } = autocannonJson.parse(parseJson(run));
  return {
    // It leaves what failed without an answer out of its requests.
    requests: requests.total,
    errors: errors + non2xx,
    perSecond: requests.total / duration,
    p50: latency.p50,
    p95: null,
    p975: latency.p97_5,
    p99: latency.p99,
    cpuMs: run.cpuMs,
  };
}

/** wrk prints no p95 by itself; its own figures have it. */
const LUA = `done = function(summary, latency)
  local e = summary.errors
  local format = '{"requests":%d,"seconds":%.6f,"errors":%d,"p50":%.3f,"p95":%.3f,"p975":%.3f,"p99":%.3f}'
  local at = function(p) return latency:percentile(p) / 1000 end
  print("JSON " .. string.format(format, summary.requests, summary.duration / 1e6,
    e.connect + e.read + e.write + e.status + e.timeout, at(50), at(95), at(97.5), at(99)))
end
`;
const wrkJson = z.object({
  requests: z.number(),
  seconds: z.number(),
  errors: z.number(),
  p50: z.number(),
  p95: z.number(),
  p975: z.number(),
  p99: z.number(),
});

/** Runs wrk with one thread. @param dir for its script */
export async function wrk({ url, connections, seconds }: PeerOptions, dir: string): Promise<PeerReport> {
  const script = path.join(dir, "report.lua");
  await fs.writeFile(script, LUA);
  const load = ["-t1", `-c${connections}`, `-d${seconds}s`, "-s", script];
  const run = await runTimed(["wrk", ...load, url], (seconds + 30) * 1e3);
  if (run.exitCode === 127) throw new Error("wrk is not installed: apt-get install -y wrk");
  const { seconds: took, ...figures } = wrkJson.parse(parseJson(run));
  return { ...figures, perSecond: figures.requests / took, cpuMs: run.cpuMs };
}

function parseJson({ stdout, stderr, exitCode }: Run): unknown {
  const json = /^(?:JSON )?(\{.*)$/m.exec(stdout)?.[1];
  if (json === undefined) throw new Error(`no report (exit ${exitCode}): ${stdout}${stderr}`);
  const value: unknown = JSON.parse(json);
  return value;
}
