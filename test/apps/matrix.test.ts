// Every task in every mode: made by `create`, type-checked, its own tests, built, released on the local target behind its gate.
import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeployDocument } from "../../src/release/document.ts";
import { startFakeProvider, type FakeProvider } from "../../src/fake-provider/server.ts";
import { freePort } from "../free-port.ts";
import { Apps, combinations, type App } from "./make-apps.ts";

const run = promisify(execFile);
const SLOW_MS = 120_000;
const KEY = "key-of-the-callers";

let apps: Apps;
let provider: FakeProvider;

beforeAll(async () => {
  [apps, provider] = await Promise.all([Apps.open(), startFakeProvider({ firstTokenMs: 20, tokenMs: 1 })]);
});
afterAll(async () => {
  await provider.close();
  await apps.close();
});

/** Runs the app's own edge-ai. */
async function edgeAi(app: App, args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const bin = path.join(app.dir, "node_modules/create-edge-ai/dist/edge-ai.js");
  return run(process.execPath, [bin, ...args], { cwd: app.dir }).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`edge-ai ${args.join(" ")}\n${error.stdout}\n${error.stderr}`);
  });
}

/** Limits that a busy machine keeps too: what is asked here is whether an app passes a gate, not how fast this machine is. */
const slo = { p95Ms: 5000, throughputPerSecond: 10 };

/** The environment of its functions, as .env.local has it; the local target on a port of its own. */
async function prepare(app: App): Promise<void> {
  const env = {
    AI_BASE_URL: provider.baseUrl,
    AI_API_KEY: "fake",
    FAL_BASE_URL: `${provider.url}/fal`,
    FAL_KEY: "fake",
    APP_API_KEYS: KEY,
  };
  const lines = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  if (app.mode !== "local") await fs.writeFile(path.join(app.dir, ".env.local"), lines.join("\n"));
  const file = path.join(app.dir, "edge-ai.json");
  const config = JSON.parse(await fs.readFile(file, "utf8")) as { latencyBudgetMs: number };
  const free = app.mode === "local" && app.task !== "chat";
  const limits = free ? { latencyBudgetMs: slo.p95Ms, slo } : {};
  await fs.writeFile(file, JSON.stringify({ ...config, ...limits, targets: { local: { port: await freePort() } } }));
}

describe.concurrent("an app", () => {
  it.for(combinations)("%s, %s", { timeout: SLOW_MS }, async ([task, mode]) => {
    const app = await apps.make(task, mode);
    await prepare(app);
    await run("npm", ["run", "types"], { cwd: app.dir });
    const { stdout: tested } = await run("npm", ["test"], { cwd: app.dir });
    expect(tested).toMatch(/pass [1-9]/);
    expect(tested).toMatch(/fail 0\b/);
    const { stdout } = await edgeAi(app, ["deploy", "--target", "local", "--json"]);
    try {
      const document = JSON.parse(stdout) as DeployDocument;
      expect(document).toMatchObject({ outcome: "staged", verdict: "pass", health: { verdict: "pass" } });
      // The key that was sent is nowhere in what is printed.
      expect(stdout).not.toContain(KEY);
      const health = (await (await fetch(`${document.deployment?.url}/api/health`)).json()) as object;
      expect(health).toMatchObject({ status: "ok", task, mode });
    } finally {
      await edgeAi(app, ["stop"]);
    }
  });
});
