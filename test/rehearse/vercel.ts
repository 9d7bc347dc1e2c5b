import { spawn } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { startVercelApi, type VercelApi, type VercelApiOptions } from "../../src/rehearse/vercel-api/vercel-api.ts";
import { tempDir, writeTree } from "../temp.ts";
import { writeOutput, type OutputFixture } from "../unit/host/fixture.ts";

const launcher = fileURLToPath(new URL("../../src/host/launcher.ts", import.meta.url));
/** Another version of the CLI can be tried by hand: its `dist/vc.js`. */
const script =
  process.env["VERCEL_CLI"] ?? fileURLToPath(new URL("../../node_modules/vercel/dist/vc.js", import.meta.url));

/** Fast enough to wait for. */
export const clock = { buildStepMs: 20, aliasMs: 60, slowAliasMs: 4000 };

/** An emulator; closed after the test. */
export async function startApi(options: VercelApiOptions = {}): Promise<VercelApi> {
  const api = await startVercelApi({ clock, launcher, ...options });
  onTestFinished(() => api.close());
  return api;
}

export interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A project folder and the real `vercel` in it, with an emulator in place of Vercel. */
export interface Cli {
  dir: string;
  /** Runs `vercel <args>`. */
  run: (...args: string[]) => Promise<Run>;
  /** Links the folder, as `vercel link` does. */
  link: (projectId: string) => Promise<void>;
}

export async function makeCli(api: VercelApi, env: Record<string, string> = {}): Promise<Cli> {
  // Links take the project's name from the folder's.
  const dir = path.join(await tempDir("edge-ai-vercel-test"), "app");
  const config = await tempDir("edge-ai-vercel-config");
  await fs.mkdir(dir);
  await fs.writeFile(path.join(config, "config.json"), JSON.stringify({ api: api.url }));
  // Last: before a subcommand it would be taken for one.
  const run = (args: string[]) => spawnVercel([...args, "-Q", config], dir, config, env);
  const link = (projectId: string) => {
    const project = { projectId, orgId: "team_rehearsal", projectName: "app", settings: {} };
    return writeTree(dir, { ".vercel/project.json": JSON.stringify(project) });
  };
  return { dir, run: (...args) => run(args), link };
}

function spawnVercel(args: string[], cwd: string, home: string, env: Record<string, string>): Promise<Run> {
  const child = spawn(process.execPath, [script, ...args], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    // Nothing of the developer's own: a login, or an agent that makes the CLI print something else.
    env: {
      PATH: process.env["PATH"],
      HOME: home,
      VERCEL_TOKEN: "rehearsal",
      VERCEL_TELEMETRY_DISABLED: "1",
      NO_UPDATE_NOTIFIER: "1",
      CI: "1",
      ...env,
    },
  });
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8");
    child[name].on("data", (chunk: string) => {
      text[name] += chunk;
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...text }));
  });
}

/** Writes a prebuilt release whose `/api/health` says that build id. */
export async function writeRelease(
  dir: string,
  buildId: string,
  target: "production" | "preview" = "production",
  more: OutputFixture = {},
): Promise<void> {
  const output = path.join(dir, ".vercel", "output");
  await fs.rm(output, { recursive: true, force: true });
  const health = `export const GET = () => Response.json({ version: 1, status: "ok", buildId: "${buildId}" });`;
  await writeOutput(output, { ...more, functions: { "api/health": health, ...more.functions } });
  await fs.writeFile(path.join(output, "builds.json"), JSON.stringify({ target }));
}
