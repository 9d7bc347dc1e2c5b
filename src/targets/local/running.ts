import { createWriteStream, type WriteStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { CliError } from "../../errors.ts";
import { readEnvFile } from "../../host/env-file.ts";
import { startHost, type Host } from "../../host/host.ts";
import { chooseNode } from "../../host/node-binary.ts";
import { localFolder } from "./folder.ts";
import type { DeploymentRecord } from "./state.ts";

/** As long as a request may take at most, where a function says nothing else (invoke.ts of the host). */
const LAST_REQUEST_MS = 300_000;

/** A deployment with processes, and its log. */
export class RunningDeployment {
  readonly host: Host;
  readonly #id: string;
  readonly #log: WriteStream;

  private constructor(id: string, host: Host, log: WriteStream) {
    this.#id = id;
    this.host = host;
    this.#log = log;
  }

  /** @throws CliError BAD_CONFIG when its files are gone or not valid */
  static async start(
    projectDir: string,
    { id, environment }: Pick<DeploymentRecord, "id" | "environment">,
    onLog: (line: string) => void,
  ): Promise<RunningDeployment> {
    const folder = localFolder(projectDir);
    const log = createWriteStream(folder.log(id), { flags: "a" });
    log.on("error", (error) => onLog(`${id}: its log cannot be written: ${error.message}`));
    try {
      const host = await startHost({
        outputDir: folder.output(id),
        projectDir: folder.deployment(id),
        port: 0,
        env: await readEnvFile(projectDir),
        node: (await chooseNode(projectDir)).path,
        environment,
        onLog: (line) => log.write(`${new Date().toISOString()} ${line}\n`),
      });
      return new RunningDeployment(id, host, log);
    } catch (error) {
      log.end();
      throw error;
    }
  }

  /** Starts its functions. @throws CliError CHILD_FAILED when one of them cannot start */
  async startAll(): Promise<void> {
    const failures = await this.host.startAll();
    if (failures.length === 0) return;
    const sentences = failures.map(({ name, message }) => `${name}: ${message}`).join("; ");
    throw new CliError("CHILD_FAILED", `${this.#id} cannot start: ${sentences}`, {
      hint: `see ${String(this.#log.path)}`,
    });
  }

  /** Ends it when the requests that it has are answered; within seconds when there is no time for that. */
  async end(noTime: AbortSignal): Promise<void> {
    const answered = new AbortController();
    const limit = sleep(LAST_REQUEST_MS, undefined, { signal: AbortSignal.any([noTime, answered.signal]) });
    await Promise.race([this.host.idle(), limit.catch(() => undefined)]);
    answered.abort();
    await this.host.close();
    this.#log.end();
  }
}
