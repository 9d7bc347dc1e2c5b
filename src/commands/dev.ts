import fs from "node:fs/promises";
import path from "node:path";
import { watch } from "chokidar";
import { buildProject } from "../build/build.ts";
import { interruptedExit, messageOf } from "../errors.ts";
import { readEnvFile } from "../host/env-file.ts";
import { startHost, type Host } from "../host/host.ts";
import { chooseNode } from "../host/node-binary.ts";
import { answer, say, type Io } from "../io.ts";
import { abandoned } from "../process-alive.ts";

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
/** Goes on with the process id. */
const BUILDS = "dev-";

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
  try {
    host = await startHost({
      outputDir: builds === undefined ? path.join(projectDir, ".vercel", "output") : await builds.next(),
      projectDir,
      port: options.port ?? DEFAULT_PORT,
      env,
      node: node.path,
      onLog: (line) => say(io, line),
    });
    answer(io, options.json === true ? { version: 1, url: host.url } : host.url);
    await (builds === undefined ? aborted(io.signal) : rebuildOnChange(io, projectDir, builds, host));
    // The URL was the answer, so an interruption is an exit code and not an error with a document of its own.
    return interruptedExit(io.signal) ?? 0;
  } finally {
    await host?.close();
    await builds?.remove();
  }
}

/** Builds of one `dev` run, each in a folder of its own, so that the one being served stays as it is. */
class Builds {
  readonly #io: Io;
  readonly #projectDir: string;
  readonly #root: string;
  #count = 0;

  constructor(io: Io, projectDir: string) {
    this.#io = io;
    this.#projectDir = projectDir;
    this.#root = path.join(projectDir, ".edge-ai", `${BUILDS}${process.pid}`);
  }

  /** Builds the project as it is now. The build before the last one is removed. */
  async next(): Promise<string> {
    this.#count += 1;
    if (this.#count === 1) await this.#removeAbandoned();
    const outputDir = this.#dir(this.#count);
    const started = performance.now();
    const report = await buildProject(this.#projectDir, { outputDir, signal: this.#io.signal });
    for (const warning of report.warnings) say(this.#io, `warning: ${warning}`);
    say(this.#io, `built ${report.buildId} in ${Math.round(performance.now() - started)} ms`);
    await fs.rm(this.#dir(this.#count - 2), { recursive: true, force: true });
    return outputDir;
  }

  async remove(): Promise<void> {
    await fs.rm(this.#root, { recursive: true, force: true });
  }

  /** A run that was killed could not remove its own. */
  async #removeAbandoned(): Promise<void> {
    const parent = path.dirname(this.#root);
    const names = await abandoned(parent, BUILDS).catch(() => []);
    await Promise.all(names.map((name) => fs.rm(path.join(parent, name), { recursive: true, force: true })));
  }

  #dir(count: number): string {
    return path.join(this.#root, String(count));
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
  watcher.on("all", () => {
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
