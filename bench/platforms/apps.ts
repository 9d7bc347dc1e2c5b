import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import * as z from "zod";

const run = promisify(execFile);
const cli = path.resolve("dist/edge-ai.js");

/** What the apps want to be shown: on Workers everything is production. */
export const APP_KEY = "key-of-the-bench";

/** One app, built for both platforms from the same files. */
export interface App {
  name: string;
  dir: string;
  /** Its own route, and what is sent to it. */
  path: string;
  body: object;
  /** Of what each platform is given to run for that route. */
  bytes: { vercel: number; cloudflare: number };
}

const vercelBuild = z.looseObject({ functions: z.array(z.looseObject({ path: z.string(), bytes: z.number() })) });
const workerBuild = z.looseObject({ worker: z.looseObject({ bytes: z.number() }) });

interface Wanted {
  task: "chat" | "embeddings";
  mode: "external" | "hybrid";
  model: string;
  body: object;
}

const wanted: readonly Wanted[] = [
  {
    task: "chat",
    mode: "external",
    model: "llama-3.1-8b-instruct",
    body: { messages: [{ role: "user", content: "hello" }] },
  },
  { task: "embeddings", mode: "hybrid", model: "bge-small-en-v1.5", body: { input: "a sentence" } },
];

/** Makes and builds the apps below a folder; their provider is at `baseUrl`. */
export async function makeApps(root: string, baseUrl: string): Promise<App[]> {
  const apps: App[] = [];
  for (const { task, mode, model, body } of wanted) {
    const dir = path.join(root, `${task}-${mode}`);
    const args = ["--task", task, "--mode", mode, "--model", model, "--latency-budget", "20000", "--target", "vercel"];
    await edgeAi(root, ["create", path.basename(dir), ...args, "--no-install", "--no-git", "--yes"]);
    await fs.symlink(path.resolve("node_modules"), path.join(dir, "node_modules"));
    await fs.writeFile(
      path.join(dir, ".env.local"),
      `AI_BASE_URL=${baseUrl}\nAI_API_KEY=made-up\nAI_MODEL=main-model\nAPP_API_KEYS=${APP_KEY}\n`,
    );
    const route = `api/${task}`;
    const vercel = await edgeAi(dir, ["build", "--target", "vercel", "--json"]);
    const cloudflare = await edgeAi(dir, ["build", "--target", "cloudflare", "--json"]);
    const { functions } = vercelBuild.parse(JSON.parse(vercel));
    apps.push({
      name: `${task}, ${mode}`,
      dir,
      path: `/${route}`,
      body,
      bytes: {
        vercel: functions.find((each) => each.path === route)?.bytes ?? Number.NaN,
        cloudflare: workerBuild.parse(JSON.parse(cloudflare)).worker.bytes,
      },
    });
  }
  return apps;
}

async function edgeAi(cwd: string, args: readonly string[]): Promise<string> {
  return (await run(process.execPath, [cli, ...args], { cwd })).stdout;
}
