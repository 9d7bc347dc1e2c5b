import fs from "node:fs/promises";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { Host } from "../../host/host.ts";
import { listen } from "../../host/listen.ts";
import { CliError, messageOf } from "../../errors.ts";
import { localFolder, type LocalFolder } from "./folder.ts";
import { whatToKeep } from "./keep.ts";
import { PORT_HINT } from "./production-port.ts";
import { RunningDeployment } from "./running.ts";
import { readState, removeUnfinished, writeState, type DeploymentRecord, type LocalState } from "./state.ts";

export interface SupervisorOptions {
  projectDir: string;
  productionPort: number;
  /** Where it takes orders; written into the state for whoever gives them. */
  socket: string;
  onLog: (line: string) => void;
}

/** Owns the production port of a project and runs its deployments, each on a loopback port of its own. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #folder: LocalFolder;
  readonly #server = http.createServer();
  readonly #running = new Map<string, RunningDeployment>();
  /** What finishes its requests and then is gone. */
  readonly #ending = new Set<Promise<void>>();
  readonly #stopped = new AbortController();
  #stopping: Promise<void> | undefined;
  #state: LocalState;
  /** What the production port serves. One assignment switches it; requests that are being answered stay where they are. */
  #production: Host | undefined;
  /** Orders are carried out one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Resolves when what ran before is back, or cannot be brought back. */
  readonly restored: Promise<void>;
  #markRestored: () => void = () => undefined;

  private constructor(options: SupervisorOptions, state: LocalState) {
    this.#options = options;
    this.#folder = localFolder(options.projectDir);
    this.#state = state;
    this.restored = new Promise((resolve) => {
      this.#markRestored = resolve;
    });
  }

  /**
   * Takes the production port, which only one supervisor can have. Requests wait for `restore`.
   * @throws CliError PORT when somebody else has the port; BAD_CONFIG when the state cannot be understood
   */
  static async start(options: SupervisorOptions): Promise<Supervisor> {
    const before = await readState(localFolder(options.projectDir).state);
    const supervisor = new Supervisor(options, {
      version: 1,
      supervisor: { pid: process.pid, startedAt: new Date().toISOString(), socket: options.socket },
      productionPort: options.productionPort,
      current: before?.current ?? null,
      deployments: before?.deployments.map((record) => ({ ...record, port: null })) ?? [],
    });
    supervisor.#server.on("request", (req, res) => void supervisor.#answer(req, res));
    try {
      await listen(supervisor.#server, options.productionPort);
    } catch (error) {
      throw error instanceof CliError
        ? new CliError(error.code, error.message, { hint: PORT_HINT, cause: error })
        : error;
    }
    return supervisor;
  }

  /** Brings back what ran before. What cannot run any more is left out, with a line in the log. */
  restore(): Promise<void> {
    return this.#inTurn(async () => {
      await removeUnfinished(this.#folder.state);
      // First of all, so that whoever looks finds this supervisor.
      await this.#save(this.#state);
      for (const id of whatToKeep(this.#state).running) {
        await this.#run(id).catch((error: unknown) => this.#options.onLog(`${id} cannot run: ${messageOf(error)}`));
      }
      this.#production = this.#state.current === null ? undefined : this.#running.get(this.#state.current)?.host;
      await this.#save(this.#state);
    }).finally(() => this.#markRestored());
  }

  get state(): LocalState {
    return this.#state;
  }

  /** Starts a deployment whose files are in place, apart from production. Doing it again is fine. */
  stage(record: Omit<DeploymentRecord, "port">): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.#state;
      const others = before.deployments.filter(({ id }) => id !== record.id);
      this.#state = { ...before, deployments: [...others, { ...record, port: null }] };
      try {
        await this.#run(record.id);
        await this.#settle();
      } catch (error) {
        // Not staged: nothing of it may stay, in memory as on disk.
        this.#state = before;
        if (before.deployments.every(({ id }) => id !== record.id)) this.#end(record.id);
        throw error;
      }
    });
  }

  /** Starts a deployment that may be only on disk, apart from production. It ends with the next switch when it does not stay. */
  startAgain(id: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#run(id);
      await this.#save(this.#state);
    });
  }

  /** Makes a deployment production. Its functions are started before the switch, so nobody waits for them after it. */
  promote(id: string): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.#state;
      const wasRunning = this.#running.has(id);
      const running = await this.#run(id);
      try {
        await running.startAll();
        // What is on disk decides: when it cannot be written, production stays what it was.
        await this.#save({ ...this.#state, current: id });
      } catch (error) {
        this.#state = before;
        if (!wasRunning) this.#end(id);
        throw error;
      }
      this.#production = running.host;
      await this.#settle().catch((error: unknown) => this.#options.onLog(`not tidied up: ${messageOf(error)}`));
    });
  }

  /** Ends everything, and takes no orders after that. What is on disk stays. */
  stop(): Promise<void> {
    this.#stopping ??= this.#inTurn(async () => {
      this.#stopped.abort();
      this.#state = {
        ...this.#state,
        supervisor: null,
        deployments: this.#state.deployments.map((record) => ({ ...record, port: null })),
      };
      // A state that cannot be written names a supervisor that is gone, which whoever reads it notices.
      await this.#save(this.#state).catch((error: unknown) => this.#options.onLog(messageOf(error)));
      const closed = new Promise((resolve) => {
        this.#server.close(resolve);
      });
      for (const id of this.#running.keys()) this.#end(id);
      await Promise.all(this.#ending);
      this.#server.closeAllConnections();
      await closed;
    });
    return this.#stopping;
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    await this.restored;
    if (this.#production !== undefined) return this.#production.handle(req, res);
    res.writeHead(503, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
    res.end("There is no production deployment: edge-ai deploy --target local --prod\n");
  }

  async #run(id: string): Promise<RunningDeployment> {
    const running = this.#running.get(id);
    if (running !== undefined) return running;
    const record = this.#state.deployments.find((each) => each.id === id);
    if (record === undefined)
      throw new CliError("UNKNOWN_DEPLOYMENT", `there is no deployment ${id}`, {
        hint: "edge-ai deployments --target local lists them",
      });
    const { projectDir, onLog } = this.#options;
    const started = await RunningDeployment.start(projectDir, record, onLog);
    this.#running.set(id, started);
    this.#setPort(id, started.host.port);
    return started;
  }

  /** Ends and removes what is not kept, and writes the state. */
  async #settle(): Promise<void> {
    const { running, kept } = whatToKeep(this.#state);
    const ended = [...this.#running.keys()].filter((id) => !running.has(id));
    const removed = await this.#notKept(kept);
    const deployments = this.#state.deployments
      .filter(({ id }) => kept.has(id))
      .map((record) => (running.has(record.id) ? record : { ...record, port: null }));
    await this.#save({ ...this.#state, deployments });
    for (const id of ended) this.#end(id);
    for (const id of removed) this.#remove(id);
  }

  /** On disk, not kept, and older than what is: a newer one is being copied by somebody who will stage it next. */
  async #notKept(kept: ReadonlySet<string>): Promise<string[]> {
    const newest = this.#state.deployments.at(-1)?.id ?? "";
    const ids = await fs.readdir(this.#folder.deployments).catch(() => []);
    return ids.filter((id) => !kept.has(id) && id < newest);
  }

  /** Not awaited by who is served: it finishes the requests that it has. */
  #end(id: string): void {
    const running = this.#running.get(id);
    this.#running.delete(id);
    if (running === undefined) return;
    const ending = running
      .end(this.#stopped.signal)
      .catch((error: unknown) => this.#options.onLog(`${id} did not end: ${messageOf(error)}`));
    this.#ending.add(ending);
    void ending.then(() => this.#ending.delete(ending));
  }

  /** When all that is ending has ended: it may be among them. */
  #remove(id: string): void {
    void Promise.all(this.#ending)
      .then(() => fs.rm(this.#folder.deployment(id), { recursive: true, force: true }))
      .catch((error: unknown) => this.#options.onLog(`${id} was not removed: ${messageOf(error)}`));
  }

  #setPort(id: string, port: number): void {
    const deployments = this.#state.deployments.map((record) => (record.id === id ? { ...record, port } : record));
    this.#state = { ...this.#state, deployments };
  }

  async #save(state: LocalState): Promise<void> {
    await writeState(this.#folder.state, state);
    this.#state = state;
  }

  #inTurn<T>(order: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(() => {
      if (!this.#stopped.signal.aborted) return order();
      throw new CliError("BUSY", "the local target is being stopped", { hint: "wait a moment, then try again" });
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
