import path from "node:path";
import { watch } from "chokidar";
import { interruptedExit, messageOf } from "../errors.ts";
import { readEnvFile } from "../host/env-file.ts";
import { startHost, type Host } from "../host/host.ts";
import { chooseNode } from "../host/node-binary.ts";
import { answer, say, type Io } from "../io.ts";
import { Builds } from "./dev-builds.ts";
import { startDevProvider, type DevProvider } from "./dev-provider.ts";

export interface DevOptions {
  dir: string;
  port?: number;
  prebuilt?: boolean;
  dotenv?: string;
  json?: boolean;
}

/** Not 4100: that is the production port of the local target. */
const DEFAULT_PORT = 3000;
const IGNORED = new Set(["node_modules", ".git", ".vercel", ".edge-ai"]);
const QUIET_MS = 100;

/** `edge-ai dev`: serves the app until a signal. Its URL is the answer, given once it can be used. */
export async function devCommand(io: Io, options: DevOptions): Promise<number> {
  const projectDir = path.resolve(io.cwd, options.dir);
  const env = await readEnvFile(
    projectDir,
    options.dotenv === undefined ? undefined : path.resolve(io.cwd, options.dotenv),
  );
  const node = await chooseNode(projectDir);
  for (const warning of node.warnings) say(io, `warning: ${warning}`);
  const builds = options.prebuilt === true ? undefined : new Builds(io, projectDir);
  let host: Host | undefined;
  let provider: DevProvider | null = null;
  try {
    provider = await startDevProvider(io, projectDir, env);
    host = await startHost({
      outputDir: builds === undefined ? path.join(projectDir, ".vercel", "output") : await builds.next(),
      projectDir,
      port: options.port ?? DEFAULT_PORT,
      env: { ...env, ...provider?.env },
      node: node.path,
      onLog: (line) => say(io, line),
    });
    answer(io, options.json === true ? { version: 1, url: host.url } : host.url);
    await (builds === undefined ? aborted(io.signal) : rebuildOnChange(io, projectDir, builds, host));
    // The URL was the answer, so an interruption is an exit code and not an error with a document of its own.
    return interruptedExit(io.signal) ?? 0;
  } finally {
    await host?.close();
    await provider?.close();
    await builds?.remove();
  }
}

/** Rebuilds after each burst of changes, one build at a time, until a signal. A build that fails leaves the last good one. */
async function rebuildOnChange(io: Io, projectDir: string, builds: Builds, host: Host): Promise<void> {
  const watcher = watch(projectDir, {
    ignoreInitial: true,
    ignored: (file) => IGNORED.has(path.relative(projectDir, file).split(path.sep)[0] ?? ""),
  });
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<void> = Promise.resolve();
  const rebuild = async (): Promise<void> => {
    try {
      await host.swap(await builds.next());
    } catch (error) {
      if (!io.signal.aborted) say(io, `error: ${messageOf(error)}\nthe last build goes on`);
    }
  };
  watcher.on("all", (_event, file) => {
    // Its values were read at the start: functions of one session have one environment.
    if (path.basename(file) === ".env.local") say(io, ".env.local has changed: start dev again to use it");
    clearTimeout(timer);
    timer = setTimeout(() => {
      turn = turn.then(rebuild);
    }, QUIET_MS);
  });
  try {
    await aborted(io.signal);
  } finally {
    clearTimeout(timer);
    await watcher.close();
    await turn;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
