import fs from "node:fs/promises";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { startHost, type Host, type HostOptions } from "../../../src/host/host.ts";

export const launcher = fileURLToPath(new URL("../../../src/host/launcher.ts", import.meta.url));

/** A function for a test: its index.mjs, or all its files. */
type FunctionFixture = string | { files: Record<string, string>; config?: Record<string, unknown> };

export interface OutputFixture {
  functions?: Record<string, FunctionFixture>;
  statics?: Record<string, string>;
  config?: Record<string, unknown>;
}

/** Makes a project folder with a `.vercel/output`; removed after the test. */
export async function makeProject(fixture: OutputFixture): Promise<{ projectDir: string; outputDir: string }> {
  const projectDir = await temporaryDir();
  const outputDir = path.join(projectDir, ".vercel", "output");
  await writeOutput(outputDir, fixture);
  return { projectDir, outputDir };
}

export async function writeOutput(outputDir: string, { functions = {}, statics = {}, config }: OutputFixture) {
  await writeFiles(outputDir, { "config.json": JSON.stringify({ version: 3, ...config }) });
  await writeFiles(path.join(outputDir, "static"), statics);
  for (const [name, fixture] of Object.entries(functions)) {
    const { files, config: own } = typeof fixture === "string" ? { files: { "index.mjs": fixture } } : fixture;
    const vcConfig = { runtime: "nodejs24.x", handler: "index.mjs", launcherType: "Nodejs", shouldAddHelpers: true };
    await writeFiles(path.join(outputDir, "functions", `${name}.func`), {
      ".vc-config.json": JSON.stringify({ ...vcConfig, ...own }),
      ...files,
    });
  }
}

/** Starts a host on a fixture; closed after the test. `logs` grows. */
export async function start(fixture: OutputFixture, options: Partial<HostOptions> = {}) {
  const project = await makeProject(fixture);
  const logs: string[] = [];
  const host = await startHost({
    ...project,
    port: 0,
    env: {},
    onLog: (line) => void logs.push(line),
    launcher,
    ...options,
  });
  onTestFinished(() => host.close());
  return { ...project, host, logs };
}

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
}

/** Sends a request exactly as given: no normalised path, any Host. */
export function ask(host: Host, target: string, options: http.RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", port: host.port, path: target, agent: false, ...options });
    request.once("error", reject);
    request.once("response", async (response) => {
      const chunks: string[] = [];
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: chunks.join("") }),
      );
    });
    request.end();
  });
}

/** What /api/x says as JSON. The test knows what its function says. */
export async function askJson<T>(host: { url: string }, target = "/api/x"): Promise<T> {
  const value: T = JSON.parse(await (await fetch(`${host.url}${target}`)).text());
  return value;
}

export async function temporaryDir(): Promise<string> {
  const dir = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai-host-test-")));
  onTestFinished(() => fs.rm(dir, { recursive: true, force: true }));
  return dir;
}

export async function writeFiles(dir: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await fs.mkdir(path.dirname(path.join(dir, name)), { recursive: true });
    await fs.writeFile(path.join(dir, name), text);
  }
}

/** Waits until something is true, for at most ten seconds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error("it did not become true in time");
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
