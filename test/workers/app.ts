// An app as create-edge-ai makes it, built from one source tree for our host and for workerd, with a made-up provider.
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { buildProject } from "../../src/build/build.ts";
import { buildWorker, type WorkerBuild } from "../../src/build/worker/build-worker.ts";
import { readWorkerOutput } from "../../src/build/worker/read-output.ts";
import { startHost } from "../../src/host/host.ts";
import { startWorkerd, type WorkerdHost } from "../../src/host/workerd/workerd.ts";
import { runBin } from "../cli/run.ts";

const launcher = fileURLToPath(new URL("../../src/host/launcher.ts", import.meta.url));
export const KEY = "key-of-the-first-tenant";
export const CRON = { path: "/api/prefetch", schedule: "0 5 * * 1" };

/** Something that serves the app. */
export interface Runtime {
  url: string;
  /** What the functions wrote. Grows. */
  logs: readonly string[];
  close(): Promise<void>;
}

const folders: string[] = [];
/** Removes what `makeApp` has made. */
export async function removeApps(): Promise<void> {
  await Promise.all(folders.splice(0).map((folder) => fs.rm(folder, { recursive: true, force: true })));
}

/** The folder of a new app with these parts added, and the repository's packages. */
export async function makeApp(flags: readonly string[], parts: readonly string[] = []): Promise<string> {
  const parent = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai-workers-")));
  folders.push(parent);
  const made = await runBin(["create", "app", "--yes", "--no-install", "--no-git", ...flags], { cwd: parent });
  expect(made.code, made.stderr).toBe(0);
  const dir = path.join(parent, "app");
  if (parts.length > 0) {
    const added = await runBin(["add", ...parts], { cwd: dir });
    expect(added.code, added.stderr).toBe(0);
  }
  await fs.symlink(path.resolve("node_modules"), path.join(dir, "node_modules"), "dir");
  await editJson(path.join(dir, "vercel.json"), (config) => ({ ...config, crons: [CRON] }));
  return dir;
}

async function editJson(
  file: string,
  edit: (value: Record<string, unknown>) => Record<string, unknown>,
): Promise<void> {
  await fs.writeFile(
    file,
    JSON.stringify(edit(JSON.parse(await fs.readFile(file, "utf8")) as Record<string, unknown>)),
  );
}

/** On our host, as on Vercel. */
export async function onHost(dir: string, env: Record<string, string>): Promise<Runtime> {
  const { outputDir } = await buildProject(dir);
  const logs: string[] = [];
  const host = await startHost({
    projectDir: dir,
    outputDir,
    port: 0,
    env,
    onLog: (line) => void logs.push(line),
    launcher,
  });
  return { url: host.url, logs, close: () => host.close() };
}

/** On workerd, as on Workers. */
export async function onWorkerd(
  dir: string,
  env: Record<string, string>,
  versionId: string | null = null,
): Promise<Runtime & { build: WorkerBuild; worker: WorkerdHost }> {
  const build = await buildWorker(dir);
  const logs: string[] = [];
  const worker = await serveWorker(build.outputDir, env, versionId, (line) => void logs.push(line));
  return { url: worker.url, logs, build, worker, close: () => worker.close() };
}

/** Serves an output with what its own wrangler.json says. */
async function serveWorker(
  outputDir: string,
  vars: Record<string, string>,
  versionId: string | null,
  onLog: (line: string) => void,
): Promise<WorkerdHost> {
  return startWorkerd({
    ...(await readWorkerOutput(outputDir)),
    vars,
    versionId,
    miniflareFrom: path.resolve("."),
    port: 0,
    onLog,
  });
}
