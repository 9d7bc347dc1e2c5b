import fs from "node:fs/promises";
import path from "node:path";
import { buildProject, type BuildReport } from "../build/build.ts";
import { buildWorker, type WorkerBuild } from "../build/worker/build-worker.ts";
import { CONFIG_FILE, readConfig } from "../config/read.ts";
import type { TargetName } from "../config/words.ts";
import { answer, say, type Io } from "../io.ts";

export interface BuildOptions {
  dir: string;
  target?: TargetName;
  json?: boolean;
}

/** `edge-ai build`: .vercel/output from the project, or .cloudflare/output. */
export async function buildCommand(io: Io, { dir, target, json }: BuildOptions): Promise<number> {
  const projectDir = path.resolve(io.cwd, dir);
  const isWorker = (target ?? (await configuredTarget(projectDir))) === "cloudflare";
  const report = await (isWorker ? buildWorker : buildProject)(projectDir, { signal: io.signal });
  for (const warning of report.warnings) say(io, `warning: ${warning}`);
  answer(io, json === true ? report : "worker" in report ? renderWorker(report) : renderReport(report));
  return 0;
}

/** A project without edge-ai.json is built for Vercel. */
async function configuredTarget(projectDir: string): Promise<TargetName> {
  const isThere = await fs.access(path.join(projectDir, CONFIG_FILE)).then(
    () => true,
    () => false,
  );
  return isThere ? (await readConfig(projectDir)).target : "vercel";
}

function renderWorker({ outputDir, buildId, worker, static: statics }: WorkerBuild): string {
  return [
    `built ${outputDir}`,
    sizeLine("worker.js", worker.bytes, largestOf(worker.largest)),
    sizeLine("assets", statics.bytes, `${statics.files} files`),
    `build id ${buildId}`,
  ].join("\n");
}

function renderReport({ outputDir, buildId, functions, static: statics }: BuildReport): string {
  const lines = functions.map(({ path: route, bytes, largest }) => sizeLine(route, bytes, largestOf(largest)));
  return [
    `built ${outputDir}`,
    ...lines,
    sizeLine("static", statics.bytes, `${statics.files} files`),
    `build id ${buildId}`,
  ].join("\n");
}

function sizeLine(name: string, bytes: number, note: string): string {
  return `  ${name.padEnd(24)} ${megabytes(bytes).padStart(9)}   ${note}`;
}

function largestOf(largest: readonly { name: string; bytes: number }[]): string {
  return largest
    .slice(0, 3)
    .map(({ name, bytes }) => `${name} ${megabytes(bytes)}`)
    .join(", ");
}

/** Bytes in MB of 1,000,000. */
function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e6 ? 3 : 1)} MB`;
}
