import { mkdir } from "node:fs/promises";
import path from "node:path";
import { messageOf } from "../errors.ts";
import { functionEnv, type VercelEnvironment } from "./function-env.ts";
import { makeFunctionFolder } from "./function-folder.ts";
import { startInstance, type Instance } from "./instance.ts";
import type { NodeFunction } from "./output-functions.ts";

/** An instance that does not answer for this long is stuck. */
const PING_MS = 1_000;

/** What the functions of one host have in common. */
export interface Surroundings {
  node: string;
  launcher: string;
  projectDir: string;
  env: Readonly<Record<string, string>>;
  environment: VercelEnvironment;
  /** `host:port` of the host. */
  address: string;
  onLog: (line: string) => void;
  /** Told about every process group that starts and ends. */
  onGroup: (pid: number, running: boolean) => void;
}

/**
 * A function and the one instance that serves it: started by the first request, kept warm, replaced when it ends.
 * All requests of the moment run in that instance, as under Fluid compute.
 */
export class ServedFunction {
  readonly fn: NodeFunction;
  readonly #surroundings: Surroundings;
  readonly #dir: string;
  #folder: Promise<string> | undefined;
  #instance: Instance | undefined;
  #ready: Promise<Instance> | undefined;
  #isReady = false;
  #check: Promise<void> | undefined;
  #starts = 0;
  #stopping = false;

  /** @param dir folder for its files, made when needed */
  constructor(fn: NodeFunction, surroundings: Surroundings, dir: string) {
    this.fn = fn;
    this.#surroundings = surroundings;
    this.#dir = dir;
  }

  log(line: string): void {
    this.#surroundings.onLog(`[${this.fn.name}] ${line}`);
  }

  /** An instance that takes requests. Rejects when it cannot start; the next call tries again. */
  instance(): Promise<Instance> {
    this.#ready ??= this.#tryStart();
    return this.#ready;
  }

  /** After a timeout: kills the instance when it never got ready or its event loop is stuck. */
  check(): Promise<void> {
    this.#check ??= this.#killIfStuck().finally(() => {
      this.#check = undefined;
    });
    return this.#check;
  }

  /** Ends the instance, gracefully for a few seconds. It does not start again. */
  async stop(): Promise<void> {
    this.#stopping = true;
    // It may be making its folder; after that it starts nothing any more.
    await this.#folder?.catch(() => {});
    await this.#instance?.stop();
  }

  #tryStart(): Promise<Instance> {
    const ready = this.#start();
    ready.catch(() => {
      if (this.#ready === ready) this.#ready = undefined;
    });
    return ready;
  }

  async #start(): Promise<Instance> {
    this.#folder ??= this.#makeFolder();
    const folder = await this.#folder.catch((error: unknown) => {
      this.#folder = undefined;
      this.log(`cannot be started: ${messageOf(error)}`);
      throw error;
    });
    if (this.#stopping) throw new Error(`${this.fn.name} is being stopped`);
    const instance = this.#spawn(folder);
    await instance.ready;
    this.#isReady = true;
    return instance;
  }

  #spawn(folder: string): Instance {
    const { fn } = this;
    const { node, launcher } = this.#surroundings;
    this.#isReady = false;
    const instance = startInstance({
      node,
      nodeArgs: fn.config.shouldAddSourcemapSupport ? ["--enable-source-maps"] : [],
      launcher,
      settings: {
        handler: path.join(folder, fn.handler),
        shouldAddHelpers: fn.config.shouldAddHelpers,
        socketPath: path.join(this.#dir, `${++this.#starts}.sock`),
      },
      folder,
      env: functionEnv({ ...this.#surroundings, fn, temporaryDir: path.join(this.#dir, "tmp") }),
      onLog: (line) => this.log(line),
    });
    this.#instance = instance;
    void this.#follow(instance);
    return instance;
  }

  /** Forgets an instance when it has ended, so that the next request starts a fresh one. */
  async #follow({ pid, exited }: Instance): Promise<void> {
    const { onGroup } = this.#surroundings;
    if (pid !== undefined) onGroup(pid, true);
    const sentence = await exited;
    this.#instance = undefined;
    this.#ready = undefined;
    if (pid !== undefined) onGroup(pid, false);
    if (!this.#stopping) this.log(sentence);
  }

  async #makeFolder(): Promise<string> {
    const folder = path.join(this.#dir, "task");
    await mkdir(path.join(this.#dir, "tmp"), { recursive: true });
    await makeFunctionFolder(this.fn, this.#surroundings.projectDir, folder);
    return folder;
  }

  async #killIfStuck(): Promise<void> {
    const instance = this.#instance;
    if (instance === undefined || (this.#isReady && (await instance.ping(PING_MS)))) return;
    this.log("does not answer and is stopped");
    instance.kill();
    await instance.exited;
  }
}
