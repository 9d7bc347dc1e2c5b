import { spawn } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import {
  REHEARSAL_ACCOUNT,
  startCloudflareApi,
  type CloudflareApi,
  type CloudflareApiOptions,
} from "../../src/rehearse/cloudflare-api/cloudflare-api.ts";
import { tempDir } from "../temp.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const script = path.join(root, "node_modules/wrangler/bin/wrangler.js");

/** Fast enough to wait for. */
const clock = { propagationMs: 0, slowPropagationMs: 300 };

/** An emulator; closed after the test. */
export async function startApi(options: Partial<CloudflareApiOptions> = {}): Promise<CloudflareApi> {
  const api = await startCloudflareApi({ miniflareFrom: root, clock, ...options });
  onTestFinished(() => api.close());
  return api;
}

export interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A folder with the real `wrangler` in it, and an emulator in place of Cloudflare. */
export async function makeWrangler(
  api: CloudflareApi,
): Promise<{ dir: string; run: (...args: string[]) => Promise<Run> }> {
  const dir = path.join(await tempDir("edge-ai-wrangler-test"), "app");
  await fs.mkdir(dir);
  return { dir, run: (...args) => spawnWrangler(api, args, dir) };
}

async function spawnWrangler(api: CloudflareApi, args: string[], cwd: string): Promise<Run> {
  const home = await tempDir("edge-ai-wrangler-home");
  const child = spawn(process.execPath, [script, ...args], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    // Nothing of the developer's own: no login, no account.
    env: {
      PATH: process.env["PATH"],
      HOME: home,
      CI: "1",
      NO_COLOR: "1",
      WRANGLER_HIDE_BANNER: "true",
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_LOG_PATH: path.join(home, "logs"),
      CLOUDFLARE_API_BASE_URL: api.url,
      CLOUDFLARE_API_TOKEN: "rehearsal",
      CLOUDFLARE_ACCOUNT_ID: REHEARSAL_ACCOUNT,
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
