import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A command line to compare. `prepare` runs before each run and is not counted. */
export interface Contender {
  name: string;
  command: readonly string[];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  prepare?: () => Promise<void>;
}

export interface Timing {
  name: string;
  wallMs: number[];
  cpuMs: number[];
}

/** Runs the contenders in turn, A B A B …, after one round that is not counted. CPU is user + system of the whole tree. */
export async function compareCommands(contenders: readonly Contender[], rounds: number): Promise<Timing[]> {
  const timings = contenders.map(({ name }) => ({ name, wallMs: [] as number[], cpuMs: [] as number[] }));
  for (let round = 0; round <= rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      await contender.prepare?.();
      const { wallMs, cpuMs } = await time(contender);
      if (round === 0) continue;
      timings[index]?.wallMs.push(wallMs);
      timings[index]?.cpuMs.push(cpuMs);
    }
  }
  return timings;
}

/** bash's own `time`: what it waits for includes the children of the command. */
async function time({ command, cwd, env }: Contender): Promise<{ wallMs: number; cpuMs: number }> {
  const script = 'TIMEFORMAT="TIMED %R %U %S"; time "$@" >/dev/null 2>&1';
  const { stderr } = await run("bash", ["-c", script, "bash", ...command], {
    cwd,
    env: { ...process.env, ...env },
    maxBuffer: 1e8,
  });
  const [real = 0, user = 0, system = 0] = (/TIMED (.+)/.exec(stderr)?.[1] ?? "").split(" ").map(Number);
  return { wallMs: real * 1e3, cpuMs: (user + system) * 1e3 };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** Prints a Markdown table with each contender's medians and its ratio to the first one. */
export function printTimings(title: string, timings: readonly Timing[]): void {
  const [first] = timings;
  console.log(`\n${title}\n\n| | wall ms (min) | CPU ms (min) | wall ratio | CPU ratio |\n|---|---|---|---|---|`);
  for (const { name, wallMs, cpuMs } of timings) {
    const wall = median(wallMs);
    const cpu = median(cpuMs);
    const ratios = [wall / median(first?.wallMs ?? []), cpu / median(first?.cpuMs ?? [])].map((ratio) =>
      ratio.toFixed(2),
    );
    console.log(
      `| ${name} | ${wall.toFixed(0)} (${Math.min(...wallMs).toFixed(0)}) | ${cpu.toFixed(0)} (${Math.min(...cpuMs).toFixed(0)}) | ${ratios.join(" | ")} |`,
    );
  }
}

/** Runs `use` with a folder that is gone afterwards. */
export async function withTempDir(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai-bench-"));
  try {
    await use(dir);
  } finally {
    await fs.rm(dir, { recursive: true, force: true });
  }
}

/** Makes an embeddings app with the built bin and installs it. */
export async function makeApp(dir: string): Promise<string> {
  await run(process.execPath, [path.resolve("dist/create-edge-ai.js"), "app", "--yes", "--no-git"], { cwd: dir });
  return path.join(dir, "app");
}
