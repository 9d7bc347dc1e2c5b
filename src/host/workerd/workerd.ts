import type { ChildProcess } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import fs from "node:fs/promises";
import path from "node:path";
import { CliError, messageOf } from "../../errors.ts";
import { reapedFolder, type Reaper } from "../../reaper.ts";
import { redact, secretValues } from "../../secrets.ts";
import { loadMiniflare, type Miniflare, type MiniflareModule } from "./miniflare.ts";

export interface WorkerdOptions {
  /** The Worker: the file of one ES module, or modules of which the first is the main one. */
  modules: string | readonly WorkerModule[];
  /** Files that are served before the Worker is asked; null: none. */
  assetsDir: string | null;
  /** Paths that go to the Worker although there may be a file, as `assets.run_worker_first` of wrangler.json. */
  runWorkerFirst?: boolean | readonly string[];
  compatibilityDate: string;
  compatibilityFlags: readonly string[];
  /** Variables and secrets: to the Worker they are the same. */
  vars: Readonly<Record<string, string>>;
  /** What the Worker is told to be; null: no version, as before an upload. */
  versionId: string | null;
  /** The folder whose wrangler brings miniflare and workerd. */
  miniflareFrom: string;
  /** On 127.0.0.1; 0 takes a free one. */
  port: number;
  /** Gets what the Worker prints, a line at a time, with a mask for the secrets in `vars`. */
  onLog: (line: string) => void;
}

interface WorkerModule {
  name: string;
  contents: Uint8Array | string;
}

export interface WorkerdHost {
  /** Without a slash at its end. */
  url: string;
  /** Answers a request as if it had come in for the host in its URL. */
  fetch(request: Request): Promise<Response>;
  /** Runs the Worker's `scheduled`; "ok", or how it failed. */
  scheduled(cron: string): Promise<string>;
  close(): Promise<void>;
}

/** The binding of `version_metadata` in the wrangler.jsonc of our apps. */
export const VERSION_BINDING = "CF_VERSION_METADATA";
/** A place that is none: without it miniflare asks the internet where this machine is, or says Austin, Texas. */
const NOWHERE = { colo: "LOCAL" };
const BODILESS = new Set([101, 204, 205, 304]);

/**
 * Serves a Worker on 127.0.0.1 by real workerd. Nothing is asked of the internet and nothing is written outside a temporary
 * folder, which goes with this process, as does workerd, however it ends.
 * @throws CliError MISSING_PROGRAM without wrangler; BUILD_FAILED with workerd's words when the Worker does not start
 */
export async function startWorkerd(options: WorkerdOptions): Promise<WorkerdHost> {
  const module = await loadMiniflare(options.miniflareFrom);
  const modules = await readModules(options.modules);
  const { dir, reaper } = await reapedFolder("edge-ai-workerd");
  const secrets = secretValues(options.vars);
  const lines: string[] = [];
  const log = (text: string): void => {
    for (const line of redact(text, secrets).trimEnd().split("\n")) {
      lines.push(line);
      options.onLog(line);
    }
  };
  const config = { ...sharedOptions(module, options, dir, log), workers: [workerOptions(options, modules, dir)] };
  let miniflare: Miniflare | undefined;
  try {
    miniflare = await inTurn(() => startReaped(module, config, reaper));
    const url = (await miniflare.ready).origin;
    return hostOf(miniflare, url, reaper);
  } catch (error) {
    await miniflare?.dispose().catch(() => undefined);
    await reaper.done();
    if (error instanceof CliError) throw error;
    const why = lines.length === 0 ? redact(messageOf(error), secrets) : lines.slice(-START_LINES_SHOWN).join("\n");
    throw new CliError("BUILD_FAILED", `workerd cannot start the Worker: ${why}`, {
      hint: "timers, random values and requests are not allowed while a Worker's modules load, only while it answers",
      cause: error,
    });
  }
}
const START_LINES_SHOWN = 6;

async function readModules(modules: WorkerdOptions["modules"]): Promise<readonly WorkerModule[]> {
  if (typeof modules !== "string") return modules;
  return [{ name: path.basename(modules), contents: await fs.readFile(modules) }];
}

function sharedOptions(
  module: MiniflareModule,
  { port }: WorkerdOptions,
  dir: string,
  log: (text: string) => void,
): object {
  return {
    host: "127.0.0.1",
    port,
    cf: NOWHERE,
    telemetry: { enabled: false },
    log: new module.NoOpLog(),
    logRequests: false,
    handleStructuredLogs: ({ message }: { message: string }) => log(message),
    handleUncaughtError: (error: Error) => log(error.stack ?? error.message),
    resourceTmpPath: path.join(dir, "tmp"),
    unsafeTriggerHandlers: true,
  };
}

/** A version's metadata is a plain object to the Worker. miniflare would invent its id, so ours is bound as JSON. */
function workerOptions(options: WorkerdOptions, modules: readonly WorkerModule[], dir: string): object {
  const vars = Object.entries(options.vars).map(([name, value]) => [name, { type: "text", value }] as const);
  const version = options.versionId === null ? null : { id: options.versionId, tag: "", timestamp: "" };
  const { assetsDir, runWorkerFirst } = options;
  return {
    config: {
      name: "worker",
      compatibilityDate: options.compatibilityDate,
      compatibilityFlags: [...options.compatibilityFlags],
      manifest: {
        mainModule: modules[0]?.name,
        modulesRoot: dir,
        modules: Object.fromEntries(modules.map(({ name, contents }) => [name, { type: typeOf(name), contents }])),
      },
      env: {
        ...Object.fromEntries(vars),
        ...(version !== null && { [VERSION_BINDING]: { type: "json", value: version } }),
      },
      ...(assetsDir !== null && {
        assets: { directory: assetsDir, hasUserWorker: true, ...(runWorkerFirst !== undefined && { runWorkerFirst }) },
      }),
    },
    dev: { rootPath: dir },
  };
}

function typeOf(name: string): string {
  if (name.endsWith(".wasm")) return "wasm";
  return /\.(m?js)$/.test(name) ? "esm" : name.endsWith(".txt") ? "text" : "data";
}

let last: Promise<unknown> = Promise.resolve();
/** One after the other: only then is it known whose workerd has been started. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = last.then(work);
  last = turn.catch(() => undefined);
  return turn;
}

/** workerd does not notice when the process that started it is killed, and miniflare does not say its process id. */
async function startReaped(module: MiniflareModule, config: object, reaper: Reaper): Promise<Miniflare> {
  const onSpawn = (message: unknown): void => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what Node.js' documentation says of this channel
    const { process: child } = message as { process: ChildProcess };
    child.once("spawn", () => {
      if (path.basename(child.spawnfile).startsWith("workerd")) watchUntilExit(child, reaper);
    });
  };
  subscribe("child_process", onSpawn);
  try {
    const miniflare = new module.Miniflare(config);
    // On failure this rejects a second time by `dispose`, which has the same to say.
    await miniflare.ready.catch(async (error: unknown) => {
      await miniflare.dispose().catch(() => undefined);
      throw error;
    });
    return miniflare;
  } finally {
    unsubscribe("child_process", onSpawn);
  }
}

function watchUntilExit(child: ChildProcess, reaper: Reaper): void {
  const { pid } = child;
  if (pid === undefined) return;
  reaper.watchProcess(pid, true);
  child.once("exit", () => reaper.watchProcess(pid, false));
}

function hostOf(miniflare: Miniflare, url: string, reaper: Reaper): WorkerdHost {
  return {
    url,
    fetch: async (request) => {
      const response = await miniflare.dispatchFetch(request.url, {
        method: request.method,
        headers: [...request.headers],
        body: request.body,
        redirect: "manual",
        ...(request.body !== null && { duplex: "half" }),
      });
      // Of another undici than ours: `instanceof Response` would say no.
      const { status, statusText, headers, body } = response;
      return new Response(BODILESS.has(status) ? null : body, { status, statusText, headers: [...headers] });
    },
    scheduled: async (cron) => (await (await miniflare.getWorker()).scheduled({ cron })).outcome,
    close: async () => {
      await miniflare.dispose();
      await reaper.done();
    },
  };
}
