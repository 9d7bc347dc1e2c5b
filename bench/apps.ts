// Every task in every mode, by our builder and by the real `vercel build`: node bench/apps.ts [--only "chat"]
// Run `npm run build` first. Each output is served on this machine and asked for its health document. Exit 1 when one does not answer.
import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import { Apps, combinations, type App } from "../test/apps/make-apps.ts";
import { serveBin } from "../test/cli/serve.ts";

const run = promisify(execFile);
const { only } = parseArgs({ options: { only: { type: "string", default: "" } } }).values;
const checkout = path.resolve(import.meta.dirname, "..");

interface Built {
  seconds: number;
  /** Of all functions, megabytes of 1,000,000. */
  megabytes: number;
  answers: boolean;
  problem: string;
}

async function build(app: App, builder: "edge-ai" | "vercel"): Promise<Built> {
  await fs.rm(path.join(app.dir, ".vercel"), { recursive: true, force: true });
  const startedMs = performance.now();
  const problem = await (builder === "edge-ai" ? buildOurs(app) : buildVercels(app)).then(
    () => "",
    (error: { stderr?: string; message: string }) => lastLine(error.stderr ?? error.message),
  );
  const seconds = (performance.now() - startedMs) / 1_000;
  const megabytes = (await bytesBelow(path.join(app.dir, ".vercel/output/functions"))) / 1e6;
  return { seconds, megabytes, problem, answers: problem === "" && (await answers(app)) };
}

function buildOurs(app: App): Promise<unknown> {
  return run(process.execPath, [path.join(app.dir, "node_modules/create-edge-ai/dist/edge-ai.js"), "build"], {
    cwd: app.dir,
  });
}

async function buildVercels(app: App): Promise<unknown> {
  await fs.mkdir(path.join(app.dir, ".vercel"));
  // What `vercel link` writes: with `settings` in it the build asks no server.
  await fs.writeFile(
    path.join(app.dir, ".vercel/project.json"),
    '{"projectId":"prj_x","orgId":"team_x","settings":{}}',
  );
  const env = { ...process.env, VERCEL_TELEMETRY_DISABLED: "1", NO_UPDATE_NOTIFIER: "1", CI: "1" };
  const vercel = path.join(checkout, "node_modules/vercel/dist/index.js");
  return run(process.execPath, [vercel, "build", "--yes", "--token", "offline"], { cwd: app.dir, env });
}

async function answers(app: App): Promise<boolean> {
  const env = { AI_BASE_URL: "http://127.0.0.1:9/v1", AI_API_KEY: "unused" };
  const served = await serveBin(app.dir, ["--prebuilt"], { env });
  try {
    return (await fetch(`${served.url}/api/health`)).ok;
  } finally {
    await served.stop();
  }
}

async function bytesBelow(dir: string): Promise<number> {
  const entries = await fs.readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const sizes = await Promise.all(files.map(async (file) => (await fs.stat(file)).size));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.slice(0, 100) ?? "";
}

const apps = await Apps.open();
try {
  console.log("| app | edge-ai build: s | MB | answers | vercel build: s | MB | answers |");
  console.log("|---|---|---|---|---|---|---|");
  for (const [task, mode] of combinations.filter((each) => each.join("-").includes(only))) {
    const app = await apps.make(task, mode);
    const columns = [];
    for (const builder of ["edge-ai", "vercel"] as const) {
      const { seconds, megabytes, answers: isUp, problem } = await build(app, builder);
      columns.push(seconds.toFixed(1), megabytes.toFixed(1), isUp ? "yes" : `no: ${problem}`);
      if (!isUp && !(builder === "vercel" && task === "chat" && mode === "local")) process.exitCode = 1;
    }
    console.log(`| ${task}, ${mode} | ${columns.join(" | ")} |`);
    await fs.rm(app.dir, { recursive: true, force: true });
  }
} finally {
  await apps.close();
}
