// An app with a model of its own: the template's functions as an app gets them, built by our builder, served by our host.
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { buildProject, type BuildReport } from "../../src/build/build.ts";
import { startHost } from "../../src/host/host.ts";
import { templateClosure } from "../../src/scaffold/closure.ts";
import { optionsFile, routes, type OptionName, type RouteName } from "../../src/scaffold/parts.ts";
import { rewritesOf, vercelFunctions } from "../../src/scaffold/route-config.ts";

const MODEL_PATH = "models/tiny";
export const MODEL_ID = "tiny";
const launcher = fileURLToPath(new URL("../../src/host/launcher.ts", import.meta.url));

interface Served {
  url: string;
  /** Lines that the functions wrote. Grows. */
  logs: readonly string[];
  close(): Promise<void>;
}

export interface LocalApp extends Served {
  dir: string;
  report: BuildReport;
  /** Serves the same build once more, in another environment. */
  serve(env: Record<string, string>): Promise<Served>;
}

interface LocalAppSettings {
  functions: readonly ("chat" | "classify" | "embeddings")[];
  /** Puts the weights into a folder. */
  writeModel: (dir: string) => Promise<unknown>;
  /** Of the functions. */
  env?: Record<string, string>;
  /** What stands before the model. */
  options?: readonly OptionName[];
  /** More files of the app, or others in the place of the template's. */
  files?: Record<string, string>;
}

/** Builds such an app in a folder of its own, and serves it. `close` removes it. */
export async function serveLocalApp(settings: LocalAppSettings): Promise<LocalApp> {
  const dir = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai-local-app-")));
  const removed = (): Promise<void> => fs.rm(dir, { recursive: true, force: true });
  const report = await build(dir, settings).catch(async (error: unknown) => {
    await removed();
    throw error;
  });
  const serve = (env: Record<string, string>): Promise<Served> => serveBuild(dir, report.outputDir, env);
  const served = await serve(settings.env ?? {});
  return {
    ...served,
    dir,
    report,
    serve,
    async close() {
      await served.close();
      await removed();
    },
  };
}

async function build(dir: string, settings: LocalAppSettings): Promise<BuildReport> {
  const { functions, writeModel, options = [], files = {} } = settings;
  await fs.mkdir(path.join(dir, MODEL_PATH), { recursive: true });
  await fs.symlink(path.resolve("node_modules"), path.join(dir, "node_modules"), "dir");
  const chosen: RouteName[] = [...functions];
  const code = await templateClosure(
    [...chosen.map((name) => routes[name].file), ...options.map((name) => `lib/${name}.ts`)],
    "local",
  );
  await writeFiles(dir, Object.fromEntries(await Promise.all([...code.files].map(readInto))));
  await writeFiles(dir, {
    "lib/options.ts": optionsFile("0.0.0", options),
    "package.json": JSON.stringify({ type: "module", engines: { node: "24.x" } }),
    "vercel.json": JSON.stringify({
      functions: vercelFunctions(chosen, { mode: "local", modelPath: MODEL_PATH }),
      rewrites: rewritesOf(chosen),
    }),
    "edge-ai.json": JSON.stringify({
      version: 1,
      name: "local-app",
      task: functions[0],
      mode: "local",
      model: { id: MODEL_ID, path: MODEL_PATH },
      latencyBudgetMs: 1_000,
    }),
    ...files,
  });
  await writeModel(path.join(dir, MODEL_PATH));
  return buildProject(dir);
}

async function serveBuild(projectDir: string, outputDir: string, env: Record<string, string>): Promise<Served> {
  const logs: string[] = [];
  const onLog = (line: string): void => void logs.push(line);
  const host = await startHost({ projectDir, outputDir, port: 0, env, onLog, launcher });
  return { url: `http://127.0.0.1:${host.port}`, logs, close: () => host.close() };
}

async function readInto([inside, file]: [string, string]): Promise<[string, string]> {
  return [inside, await fs.readFile(file, "utf8")];
}

async function writeFiles(dir: string, files: Record<string, string>): Promise<void> {
  for (const [file, content] of Object.entries(files)) {
    await fs.mkdir(path.dirname(path.join(dir, file)), { recursive: true });
    await fs.writeFile(path.join(dir, file), content);
  }
}
