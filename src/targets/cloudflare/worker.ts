import fs from "node:fs/promises";
import path from "node:path";
import type { Config } from "../../config/schema.ts";
import { CliError } from "../../errors.ts";
import type { Io } from "../../io.ts";
import { askHosts, readAccount } from "./account.ts";
import { parse, type Traffic, type Version } from "./answers.ts";
import { nameOf, WranglerCli, type CliOptions } from "./cli.ts";
import { wranglerArgs, type Share } from "./command-lines.ts";
import { hostsOf, type Hosts } from "./deployment.ts";
import { failureOf, isNotFound } from "./failures.ts";
import { PLACEHOLDER_TAG } from "./notes.ts";
import { writePlaceholder } from "./placeholder.ts";
import { writeSecrets } from "./secrets.ts";
import { readWranglerJson, WRANGLER_FILE, type WranglerJson } from "./wrangler-json.ts";

/** What wrangler takes for a version's id; anything else is not asked for, least of all what looks like an option. */
const VERSION_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MAX_TAG = 25;

export interface WorkerContext extends CliOptions {
  io: Io;
  projectDir: string;
  config: Pick<Config, "name" | "targets">;
}

/** One Worker on Cloudflare: what it is asked and told, each by one command of wrangler. */
export class CloudflareWorker {
  readonly cli: WranglerCli;
  readonly #io: Io;
  readonly #dir: string;
  readonly #config: Pick<Config, "name" | "targets">;
  #wranglerJson: Promise<WranglerJson> | undefined;
  #accountId: Promise<string> | undefined;
  /** Asked once it is there: it changes only with a deployment of the placeholder. */
  #hosts: Hosts | undefined;
  #lastTraffic: { atMs: number; traffic: Traffic } | undefined;
  /** A version does not change. */
  readonly #versions = new Map<string, Version>();

  constructor({ io, projectDir, config, ...options }: WorkerContext) {
    this.#io = io;
    this.#dir = projectDir;
    this.#config = config;
    this.cli = new WranglerCli(io, options.programDir ?? projectDir, options);
  }

  /** wrangler.jsonc of the project. @throws CliError BAD_CONFIG */
  config(): Promise<WranglerJson> {
    this.#wranglerJson ??= readWranglerJson(this.#dir);
    return this.#wranglerJson;
  }

  async name(): Promise<string> {
    return this.#config.targets.cloudflare?.name ?? (await this.config()).name;
  }

  /** null while there is no such Worker. */
  async hosts(): Promise<Hosts | null> {
    if (this.#hosts !== undefined) return this.#hosts;
    const name = await this.#bound();
    const found = await askHosts(this.#io, this.cli, { accountId: await this.#account(), name });
    if (found === null) return null;
    this.#hosts = hostsOf(found);
    return this.#hosts;
  }

  /** How the traffic is split now; null while there is no such Worker. @param maxAgeMs takes an answer that is as old */
  async traffic({ maxAgeMs = 0 }: { maxAgeMs?: number } = {}): Promise<Traffic | null> {
    const last = this.#lastTraffic;
    if (last !== undefined && performance.now() - last.atMs < maxAgeMs) return last.traffic;
    const traffic = await this.#askTraffic();
    this.#lastTraffic = traffic === null ? undefined : { atMs: performance.now(), traffic };
    return traffic;
  }

  async #askTraffic(): Promise<Traffic | null> {
    const result = await this.cli.run(wranglerArgs.status(await this.#bound()));
    if (isNotFound(result)) return null;
    if (result.exitCode !== 0) throw failureOf("deployments status", result);
    return parse.traffic(result.stdout);
  }

  /** null when there is no such version. */
  async version(id: string): Promise<Version | null> {
    const known = this.#versions.get(id);
    if (known !== undefined) return known;
    if (!VERSION_ID.test(id)) return null;
    const result = await this.cli.run(wranglerArgs.version(await this.#bound(), id));
    if (isNotFound(result)) return null;
    if (result.exitCode !== 0) throw failureOf("versions view", result);
    return this.#remember(parse.version(result.stdout));
  }

  /** The latest ones, newest first. */
  async versions(): Promise<Version[]> {
    const found = parse.versions(await this.cli.output(wranglerArgs.versions(await this.#bound())));
    for (const version of found) this.#remember(version);
    return found.toSorted((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
  }

  /** Names of the secrets that the Worker has; none while there is no such Worker. */
  async secretNames(): Promise<string[]> {
    const result = await this.cli.run(wranglerArgs.secrets(await this.#bound()));
    if (isNotFound(result)) return [];
    if (result.exitCode !== 0) throw failureOf("secret list", result);
    return parse.secretNames(result.stdout);
  }

  /** @returns why it failed, or null. Neither is the last word on whether the version is there. */
  async upload(what: {
    configFile: string;
    tag: string;
    message: string;
    secrets: Readonly<Record<string, string>>;
  }): Promise<CliError | null> {
    const name = await this.#bound();
    const { configFile, message, secrets } = what;
    return this.#attempt(
      async (folder) =>
        wranglerArgs.upload({
          configFile,
          name,
          tag: what.tag.slice(0, MAX_TAG),
          message,
          secretsFile: await writeSecrets(folder, secrets),
        }),
      path.dirname(configFile),
    );
  }

  /** @returns why it failed, or null */
  async deployVersions(shares: readonly Share[], message: string): Promise<CliError | null> {
    this.#lastTraffic = undefined;
    return this.#attempt(wranglerArgs.deployVersions(await this.#bound(), shares, message));
  }

  /** Makes the Worker, with a version that says that nothing is released yet. */
  async deployPlaceholder(): Promise<void> {
    const name = await this.#bound();
    const { compatibility_date: date } = await this.config();
    this.#hosts = undefined;
    const failure = await this.#attempt(async (folder) =>
      wranglerArgs.deployFirst(await writePlaceholder(folder, name, date), PLACEHOLDER_TAG),
    );
    if (failure !== null && (await this.traffic()) === null) throw failure;
  }

  /** Sets the crons and routes of wrangler.jsonc. @throws CliError */
  async deployTriggers(): Promise<void> {
    const name = await this.#bound();
    // A copy: with the project's own folder wrangler would read its .env files, and might build.
    const { build: _, ...config } = await this.config();
    const failure = await this.#attempt(async (folder) => {
      const file = path.join(folder, "wrangler.json");
      await fs.writeFile(file, JSON.stringify({ ...config, main: "worker.js", assets: undefined, $schema: undefined }));
      return wranglerArgs.triggers(file, name);
    });
    if (failure === null) return;
    throw new CliError(
      failure.code,
      `the release is production, but its crons and routes (${WRANGLER_FILE}) are not set: ${failure.message}`,
      {
        hint: "run the same command again: it sets them",
        cause: failure,
      },
    );
  }

  async #attempt(
    args: readonly string[] | ((folder: string) => Promise<readonly string[]>),
    dir?: string,
  ): Promise<CliError | null> {
    let name = "";
    const named = async (folder: string): Promise<readonly string[]> => {
      const made = typeof args === "function" ? await args(folder) : args;
      name = nameOf(made);
      return made;
    };
    try {
      const result = await this.cli.run(named, { changes: true, ...(dir !== undefined && { dir }) });
      return result.exitCode === 0 ? null : failureOf(name, result);
    } catch (error) {
      if (error instanceof CliError) return error;
      throw error;
    }
  }

  /** The Worker's name, once every command goes to the right account. */
  async #bound(): Promise<string> {
    this.cli.useAccount(await this.#account());
    return this.name();
  }

  #account(): Promise<string> {
    this.#accountId ??= this.config().then((config) => readAccount(this.#io, this.#config, config, this.cli));
    return this.#accountId;
  }

  #remember(version: Version): Version {
    this.#versions.set(version.id, version);
    return version;
  }
}
