import fs from "node:fs/promises";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import path from "node:path";
import { messageOf } from "../errors.ts";
import { reapedFolder, type Reaper } from "../reaper.ts";
import { redact, secretValues } from "../secrets.ts";
import type { VercelEnvironment } from "./function-env.ts";
import { Generation, type StartFailure } from "./generation.ts";
import { findLauncher } from "./find-launcher.ts";
import { listen } from "./listen.ts";
import { refuseHost } from "./local-host.ts";
import { readOutput, type Output } from "./output.ts";
import { sendText } from "./platform-errors.ts";
import type { Surroundings } from "./served-function.ts";

/**
 * A function that is not ready by then has failed: one that waits for something that never comes would be waited for
 * for ever. The embeddings app is ready within 1 s, and its model within 1 s of the first request.
 */
const START_LIMIT_MS = 15_000;
/** How long answers that are on their way may take after the functions have ended. */
const LAST_ANSWERS_MS = 500;

export interface HostOptions {
  outputDir: string;
  /** Root of `filePathMap`. */
  projectDir: string;
  /** On 127.0.0.1; 0 takes a free one. */
  port: number;
  /** Environment of the functions. They get nothing of this process's own. */
  env: Readonly<Record<string, string>>;
  /** The Node.js that runs the functions (see chooseNode); default: the one that runs this. */
  node?: string;
  environment?: VercelEnvironment;
  /** Gets what functions print, a line at a time, after the function's name, with a mask for the secrets in `env`. */
  onLog: (line: string) => void;
  /** Closes the host when it is aborted. */
  signal?: AbortSignal;
  /** The launcher's script; default: the one next to this file or its bundle. */
  launcher?: string;
}

/**
 * Serves a `.vercel/output` folder on 127.0.0.1 the way Vercel would. A function starts with its first request and then
 * stays warm; its files are copied at that time, so the folder has to stay as it is until `swap` or `close`.
 * @throws CliError BAD_CONFIG when the folder is missing or not valid, PORT when the port cannot be used
 */
export async function startHost(options: HostOptions): Promise<Host> {
  options.signal?.throwIfAborted();
  const projectDir = path.resolve(options.projectDir);
  const output = await readOutput(path.resolve(options.outputDir), projectDir);
  const { dir: root, reaper } = await reapedFolder("edge-ai-host");
  const server = http.createServer();
  const port = await listen(server, options.port).catch(async (error: unknown) => {
    await reaper.done();
    throw error;
  });
  const secrets = secretValues(options.env);
  const surroundings: Surroundings = {
    node: options.node ?? process.execPath,
    launcher: options.launcher ?? findLauncher(),
    projectDir,
    env: options.env,
    environment: options.environment ?? "development",
    address: `127.0.0.1:${port}`,
    onLog: (line) => options.onLog(redact(line, secrets)),
    onGroup: (pid, running) => reaper.watch(pid, running),
  };
  const host = new Host({ server, port, root, reaper, surroundings }, output);
  options.signal?.addEventListener("abort", () => void host.close(), { once: true });
  return host;
}

interface Parts {
  server: http.Server;
  port: number;
  /** Temporary folder of everything that runs. */
  root: string;
  reaper: Reaper;
  surroundings: Surroundings;
}

/** A running host. Made by `startHost`. */
export class Host {
  readonly port: number;
  readonly url: string;
  readonly #parts: Parts;
  /** The build of new requests, and those that still have old ones. */
  #current: Generation;
  readonly #generations = new Set<Generation>();
  #builds = 0;
  #closed: Promise<void> | undefined;

  constructor(parts: Parts, output: Output) {
    this.#parts = parts;
    this.port = parts.port;
    this.url = `http://127.0.0.1:${parts.port}`;
    this.#current = this.#add(output);
    parts.server.on("request", (req, res) => void this.#answer(req, res));
  }

  /**
   * Serves another build from the next request on. Requests that are being answered finish on the old one, which then
   * ends.
   * @throws CliError BAD_CONFIG when the new build cannot be read; the old one goes on
   */
  async swap(outputDir: string): Promise<void> {
    const output = await readOutput(path.resolve(outputDir), this.#parts.surroundings.projectDir);
    if (this.#closed !== undefined) throw new Error("the host is closed");
    const old = this.#current;
    this.#current = this.#add(output);
    void old
      .idle()
      .then(() => old.stop())
      .then(() => this.#generations.delete(old));
  }

  /** Answers a request that came to another server of this process, as if it had come to this one. */
  handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    return this.#answer(req, res);
  }

  /** Starts every function, as their first requests would. @returns the functions that cannot start in time, and why */
  startAll(): Promise<StartFailure[]> {
    return this.#current.startAll(START_LIMIT_MS);
  }

  /** Resolves when it has no requests. */
  async idle(): Promise<void> {
    await Promise.all([...this.#generations].map((generation) => generation.idle()));
  }

  /** Ends everything within a few seconds and leaves nothing behind. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #add(output: Output): Generation {
    const { root, surroundings } = this.#parts;
    for (const warning of output.warnings) surroundings.onLog(`warning: ${warning}`);
    const generation = new Generation(output, surroundings, path.join(root, String(this.#builds++)));
    this.#generations.add(generation);
    return generation;
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const refusal = refuseHost(req.headers.host);
    if (refusal !== undefined) return sendText(res, 403, `${refusal}\n`);
    try {
      await this.#current.handle(req, res);
    } catch (error) {
      if (res.destroyed) return;
      this.#parts.surroundings.onLog(`error: ${req.method} ${req.url}: ${messageOf(error)}`);
      if (res.headersSent) res.destroy();
      else sendText(res, 500, `${messageOf(error)}\n`);
    }
  }

  async #close(): Promise<void> {
    const { server, root, reaper } = this.#parts;
    const closed = new Promise((resolve) => {
      server.close(resolve);
    });
    const generations = [...this.#generations];
    await Promise.all(generations.map((generation) => generation.stop()));
    const idle = Promise.all(generations.map((generation) => generation.idle()));
    const timer = new Promise((resolve) => {
      setTimeout(resolve, LAST_ANSWERS_MS).unref();
    });
    await Promise.race([idle, timer]);
    server.closeAllConnections();
    await closed;
    await reaper.done();
    await fs.rm(root, { recursive: true, force: true });
  }
}
