// An app with all options on, as a user gets it: built by our builder, served by our host, with a made-up provider behind it.
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { buildProject } from "../../../src/build/build.ts";
import { startHost } from "../../../src/host/host.ts";
import { templateClosure } from "../../../src/scaffold/closure.ts";
import { optionNames, optionsFile } from "../../../src/scaffold/parts.ts";
import { rewritesOf, vercelFunctions } from "../../../src/scaffold/route-config.ts";

export const KEY = "key-of-the-first-tenant";
export const OTHER_KEY = "key-of-the-second-tenant";
const FUNCTIONS = ["chat", "embeddings"] as const;
const launcher = fileURLToPath(new URL("../../../src/host/launcher.ts", import.meta.url));

/** One instance of each function of the app. */
export interface Instance {
  post(path: string, body: object, init?: { key?: string; headers?: object; signal?: AbortSignal }): Promise<Response>;
  report(path: string): Promise<Record<string, Record<string, unknown>>>;
  /** What the functions wrote to stdout and stderr. Grows. */
  logs: readonly string[];
  /** The lines of lib/usage.ts among them. */
  usage(): Record<string, unknown>[];
  close(): Promise<void>;
}

/** The built app; `start` serves it as often as one likes. */
export async function buildApp(): Promise<{
  start(env: Record<string, string>): Promise<Instance>;
  close(): Promise<void>;
}> {
  const dir = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai-options-")));
  await fs.symlink(path.resolve("node_modules"), path.join(dir, "node_modules"), "dir");
  const chosen = optionNames();
  const entries = [...FUNCTIONS.map((name) => `api/${name}.ts`), ...chosen.map((name) => `lib/${name}.ts`)];
  const { files } = await templateClosure(entries, "external");
  const code = await Promise.all(
    [...files].map(async ([file, from]) => [file, await fs.readFile(from, "utf8")] as const),
  );
  const app: Record<string, string> = {
    ...Object.fromEntries(code),
    "lib/options.ts": optionsFile("0.0.0", chosen),
    "package.json": JSON.stringify({ type: "module", engines: { node: "24.x" } }),
    "vercel.json": JSON.stringify({
      functions: vercelFunctions(FUNCTIONS, { mode: "external", modelPath: "" }),
      rewrites: rewritesOf(FUNCTIONS),
    }),
    "edge-ai.json": JSON.stringify({
      version: 1,
      name: "options-app",
      task: "chat",
      mode: "external",
      model: { id: "some/model" },
      latencyBudgetMs: 10_000,
    }),
  };
  for (const [file, text] of Object.entries(app)) {
    await fs.mkdir(path.dirname(path.join(dir, file)), { recursive: true });
    await fs.writeFile(path.join(dir, file), text);
  }
  const { outputDir } = await buildProject(dir);
  return {
    start: (env) => start(dir, outputDir, env),
    close: () => fs.rm(dir, { recursive: true, force: true }),
  };
}

async function start(projectDir: string, outputDir: string, env: Record<string, string>): Promise<Instance> {
  const logs: string[] = [];
  const host = await startHost({
    projectDir,
    outputDir,
    port: 0,
    env: { APP_API_KEYS: `${KEY},${OTHER_KEY}`, AI_API_KEY: "provider-key", RATE_LIMIT_BURST: "10000", ...env },
    onLog: (line) => void logs.push(line),
    launcher,
  });
  return {
    logs,
    usage: () => logs.flatMap((line) => (line.includes('"usage"') ? [JSON.parse(line.slice(line.indexOf("{")))] : [])),
    post: (route, body, { key = KEY, headers, signal } = {}) =>
      fetch(`${host.url}${route}`, {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json", ...(key && { authorization: `Bearer ${key}` }), ...headers },
        signal: signal ?? null,
      }),
    report: async (route) =>
      (await fetch(`${host.url}${route}?deep=1`, { headers: { authorization: `Bearer ${KEY}` } })).json() as Promise<
        Record<string, Record<string, unknown>>
      >,
    close: () => host.close(),
  };
}
