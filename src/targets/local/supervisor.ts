import fs from "node:fs/promises";
import { createWriteStream, type WriteStream } from "node:fs";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { readEnvFile } from "../../host/env-file.ts";
import { startHost, type Host } from "../../host/host.ts";
import { listen } from "../../host/listen.ts";
import { chooseNode } from "../../host/node-binary.ts";
import { CliError, messageOf } from "../../errors.ts";
import { localFolder, type LocalFolder } from "./folder.ts";
import { whatToKeep } from "./keep.ts";
import { readState, writeState, type DeploymentRecord, type LocalState } from "./state.ts";

export interface SupervisorOptions {
  projectDir: string;
  productionPort: number;
  /** Where it takes orders; written into the state for whoever gives them. */
  socket: string;
  onLog: (line: string) => void;
}

interface Running {
  host: Host;
  log: WriteStream;
}

/** Owns the production port of a project and runs its deployments, each on a loopback port of its own. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #folder: LocalFolder;
  readonly #server = http.createServer();
  readonly #running = new Map<string, Running>();
  #state: LocalState;
  /** What the production port serves. One assignment switches it; requests that are being answered stay where they are. */
  #production: Host | undefined;
  /** Orders are carried out one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: SupervisorOptions, state: LocalState) {
    this.#options = options;
    this.#folder = localFolder(options.projectDir);
    this.#state = state;
  }

  /**
   * Takes the production port, then brings back what the state says ran before.
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
    const restored = listen(supervisor.#server, options.productionPort).then(() => supervisor.#restore());
    supervisor.#server.on("request", (req, res) => void restored.then(() => supervisor.#answer(req, res)));
    await restored;
    return supervisor;
  }

  get state(): LocalState {
    return this.#state;
  }

  /** Starts a deployment whose files are in place, apart from production. Doing it again is fine. */
  stage(record: Omit<DeploymentRecord, "port">): Promise<void> {
    return this.#inTurn(async () => {
      const others = this.#state.deployments.filter(({ id }) => id !== record.id);
      this.#state = { ...this.#state, deployments: [...others, { ...record, port: null }] };
      await this.#run(record.id);
      await this.#settle();
    });
  }

  /** Makes a deployment production. Its functions are started before the switch, so nobody waits for them after it. */
  promote(id: string): Promise<void> {
    return this.#inTurn(async () => {
      const { host } = await this.#run(id);
      const failures = await host.startAll();
      if (failures.length > 0)
        throw new CliError("CHILD_FAILED", `${id} cannot start: ${failures.map(({ message }) => message).join("; ")}`);
      this.#state = { ...this.#state, current: id };
      await this.#save();
      this.#production = host;
      await this.#settle();
    });
  }

  /** Ends everything. What is on disk stays. */
  stop(): Promise<void> {
    return this.#inTurn(async () => {
      this.#state = {
        ...this.#state,
        supervisor: null,
        deployments: this.#state.deployments.map((record) => ({ ...record, port: null })),
      };
      await this.#save();
      const closed = new Promise((resolve) => {
        this.#server.close(resolve);
      });
      await Promise.all([...this.#running.keys()].map((id) => this.#end(id)));
      this.#server.closeAllConnections();
      await closed;
    });
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (this.#production !== undefined) return this.#production.handle(req, res);
    res.writeHead(503, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
    res.end("There is no production deployment: edge-ai deploy --target local --prod\n");
  }

  /** What cannot run any more is left out, with a line in the log: the rest of the project is more useful than nothing. */
  async #restore(): Promise<void> {
    const { running } = whatToKeep(this.#state);
    for (const id of running) {
      await this.#run(id).catch((error: unknown) => this.#options.onLog(`${id} cannot run: ${messageOf(error)}`));
    }
    this.#production = this.#state.current === null ? undefined : this.#running.get(this.#state.current)?.host;
    await this.#save();
  }

  async #run(id: string): Promise<Running> {
    const running = this.#running.get(id);
    if (running !== undefined) return running;
    const record = this.#state.deployments.find((each) => each.id === id);
    if (record === undefined)
      throw new CliError("UNKNOWN_DEPLOYMENT", `there is no deployment ${id}`, {
        hint: "edge-ai deployments lists them",
      });
    const { projectDir } = this.#options;
    const log = createWriteStream(this.#folder.log(id), { flags: "a" });
    log.on("error", (error) => this.#options.onLog(`${id}: its log cannot be written: ${error.message}`));
    const host = await startHost({
      outputDir: this.#folder.output(id),
      projectDir: this.#folder.deployment(id),
      port: 0,
      env: await readEnvFile(projectDir),
      node: (await chooseNode(projectDir)).path,
      environment: record.environment,
      onLog: (line) => log.write(`${new Date().toISOString()} ${line}\n`),
    });
    const started = { host, log };
    this.#running.set(id, started);
    this.#setPort(id, host.port);
    return started;
  }

  /** Ends and removes what is not kept, and writes the state. */
  async #settle(): Promise<void> {
    const { running, kept } = whatToKeep(this.#state);
    const ended = [...this.#running.keys()].filter((id) => !running.has(id));
    for (const id of ended) this.#setPort(id, null);
    const removed = this.#state.deployments.filter(({ id }) => !kept.has(id)).map(({ id }) => id);
    this.#state = { ...this.#state, deployments: this.#state.deployments.filter(({ id }) => kept.has(id)) };
    await this.#save();
    // Not awaited: they finish the requests they have, and nobody waits for that.
    for (const id of new Set([...ended, ...removed])) {
      void this.#end(id)
        .then(() =>
          removed.includes(id) ? fs.rm(this.#folder.deployment(id), { recursive: true, force: true }) : undefined,
        )
        .catch((error: unknown) => this.#options.onLog(`${id} was not removed: ${messageOf(error)}`));
    }
  }

  async #end(id: string): Promise<void> {
    const running = this.#running.get(id);
    this.#running.delete(id);
    await running?.host.close();
    running?.log.end();
  }

  #setPort(id: string, port: number | null): void {
    const deployments = this.#state.deployments.map((record) => (record.id === id ? { ...record, port } : record));
    this.#state = { ...this.#state, deployments };
  }

  #save(): Promise<void> {
    return writeState(this.#folder.state, this.#state);
  }

  #inTurn<T>(order: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(order);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
