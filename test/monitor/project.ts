import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import type { Alert } from "../../src/advise/alert.ts";
import type { MonitorState } from "../../src/monitor/state/schema.ts";
import { tempDir } from "../temp.ts";
import { portOf } from "../unit/health/app.ts";

/** A rule that is quick: a window of 2 s with 3 samples. */
const quick = { minSamples: 3, goodRounds: 2 };
export const rules = {
  latency: { name: "p95", metric: "p95Ms", above: 250, ...quick },
  errors: { name: "errors", metric: "errorRate", above: 0.05, ...quick },
  cost: { name: "cost", metric: "costPerRequestUsd", above: 0.01, ...quick },
  up: { name: "up", metric: "up", below: 1, goodRounds: 2 },
} as const;

/** A project that has nothing but its edge-ai.json. */
export async function monitorProject(monitor: object): Promise<string> {
  const dir = await tempDir("edge-ai-monitor");
  const config = {
    version: 1,
    name: "shop",
    task: "embeddings",
    mode: "local",
    target: "local",
    model: { id: "use-lite" },
    latencyBudgetMs: 300,
    probes: [{ name: "probe", path: "/api/embeddings", method: "POST", body: { input: "{{n}}" } }],
    monitor: { windowMs: 2_000, intervalMs: 400, requestsPerRound: 2, ...monitor },
  };
  await fs.writeFile(path.join(dir, "edge-ai.json"), JSON.stringify(config));
  return dir;
}

export interface Running {
  child: ChildProcess;
  /** The lines of stdout so far. */
  alerts: () => Alert[];
  stderr: () => string;
  /** Sends a signal and waits for the end. */
  end: (signal: NodeJS.Signals) => Promise<number | null>;
}

const bin = path.resolve(import.meta.dirname, "../../dist/edge-ai.js");

/** Starts `edge-ai monitor --url …` and goes on. */
export function startMonitor(cwd: string, url: string, env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [bin, "monitor", "--url", url], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const out = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (out.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (out.stderr += text));
  const closed = once(child, "close");
  onTestFinished(() => void child.kill("SIGKILL"));
  return {
    child,
    alerts: () => parsed(out.stdout),
    stderr: () => out.stderr,
    end: async (signal) => {
      child.kill(signal);
      await closed;
      return child.exitCode;
    },
  };
}

function parsed(stdout: string): Alert[] {
  const lines = stdout.split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Alert);
}

/** Waits until something holds; the test's own time limit ends it. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const endMs = Date.now() + 40_000; Date.now() < endMs; await sleep(50)) if (await holds()) return;
  throw new Error(`did not come: ${what}`);
}

/** The state file of the project's only monitor; null before its first round. */
export async function stateOf(dir: string): Promise<MonitorState | null> {
  const file = await stateFileOf(dir);
  return file === null ? null : (JSON.parse(await fs.readFile(file, "utf8")) as MonitorState);
}

export async function stateFileOf(dir: string): Promise<string | null> {
  const folder = path.join(dir, ".edge-ai/monitor");
  const names = await fs.readdir(folder).catch(() => []);
  const name = names.find((each) => each.endsWith(".json"));
  return name === undefined ? null : path.join(folder, name);
}

export interface Received {
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** A receiver of webhooks on a port of its own choice; `answer` says what it does with one. */
export async function startReceiver(
  answer: (received: Received, response: http.ServerResponse) => void = (_received, response) => response.end("ok"),
  port = 0,
): Promise<{ port: number; received: Received[]; stop: () => Promise<void> }> {
  const received: Received[] = [];
  const server = http.createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => void (body += text));
    request.on("end", () => {
      const one = { headers: request.headers, body };
      received.push(one);
      answer(one, response);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(port, "127.0.0.1", resolve);
  });
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  };
  onTestFinished(stop);
  return { port: portOf(server), received, stop };
}
