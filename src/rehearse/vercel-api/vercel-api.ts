import http, { type Server } from "node:http";
import path from "node:path";
import fs from "node:fs/promises";
import { listen } from "../../host/listen.ts";
import { reapedFolder, type Reaper } from "../../reaper.ts";
import { ApiServer, type ApiCall } from "./api-server.ts";
import { notFound } from "./api-error.ts";
import type { Deployment } from "./deployment.ts";
import type { Fault } from "./faults.ts";
import { answer } from "./front.ts";
import { Platform, type Clock, type PlatformSettings } from "./platform.ts";
import type { SharedVariable } from "./project-env.ts";
import type { Project } from "./project.ts";
import type { Protection } from "./protection.ts";
import type { Infection, Sickness } from "../sickness.ts";
import type { AlertRule, Charge } from "./traffic.ts";
import { Uploads } from "./uploads.ts";

const defaultClock: Clock = { buildStepMs: 150, aliasMs: 300, slowAliasMs: 10_000 };

export interface VercelApiOptions extends Partial<Omit<PlatformSettings, "clock">> {
  clock?: Partial<Clock>;
  /** Closes it when it is aborted. */
  signal?: AbortSignal;
}

/**
 * Emulates the Vercel REST API on 127.0.0.1 as far as the `vercel` program calls it for a release, and serves what is
 * deployed there. Nothing of it outlives `close`.
 */
export async function startVercelApi(options: VercelApiOptions = {}): Promise<VercelApi> {
  options.signal?.throwIfAborted();
  const { dir: root, reaper } = await reapedFolder("edge-ai-vercel");
  const api = http.createServer();
  const production = http.createServer();
  const closing = new AbortController();
  try {
    const apiPort = await listen(api, 0);
    const productionHost = `127.0.0.1:${await listen(production, 0)}`;
    const uploads = new Uploads(path.join(root, "uploads"));
    const platform = new Platform({
      settings: settingsOf(options),
      root,
      uploads,
      productionHost,
      closed: closing.signal,
    });
    const parts = { api, production, closing, reaper, platform, url: `http://127.0.0.1:${apiPort}` };
    const emulator = new VercelApi(parts);
    const once = { once: true, signal: closing.signal };
    options.signal?.addEventListener("abort", () => void emulator.close(), once);
    return emulator;
  } catch (error) {
    api.close();
    production.close();
    await reaper.done();
    throw error;
  }
}

function settingsOf(options: VercelApiOptions): PlatformSettings {
  return {
    token: options.token ?? "rehearsal",
    plan: options.plan ?? "pro",
    defaultTeam: options.defaultTeam ?? "rehearsal",
    clock: { ...defaultClock, ...options.clock },
    env: options.env ?? {},
    node: options.node,
    launcher: options.launcher,
    onLog: options.onLog ?? (() => undefined),
  };
}

interface Parts {
  api: Server;
  production: Server;
  closing: AbortController;
  reaper: Reaper;
  platform: Platform;
  url: string;
}

/** A running emulator. Made by `startVercelApi`. */
export class VercelApi {
  /** Of the API, for the CLI's `config.json`. */
  readonly url: string;
  /** Answers as the deployment that is production. */
  readonly productionUrl: string;
  readonly productionHost: string;
  readonly #parts: Parts;
  readonly #server: ApiServer;
  #closed: Promise<void> | undefined;

  constructor(parts: Parts) {
    const { platform } = parts;
    this.#parts = parts;
    this.url = parts.url;
    this.productionHost = platform.productionHost;
    this.productionUrl = `http://${platform.productionHost}`;
    this.#server = new ApiServer(platform);
    parts.api.on("request", (req, res) => platform.startJob(() => this.#server.handle(req, res)));
    parts.production.on("request", (req, res) => void answer(platform, this.production, "production", req, res));
  }

  get calls(): readonly ApiCall[] {
    return this.#server.calls;
  }

  /** "GET /v99/thing": what was asked and is not known here. */
  get unknownCalls(): readonly string[] {
    const unknown = this.calls.filter(({ endpoint }) => endpoint === null);
    return [...new Set(unknown.map(({ method, path: asked }) => `${method} ${asked}`))];
  }

  get projects(): readonly Project[] {
    return [...this.#parts.platform.projects.values()];
  }

  /** Makes a variable of the team that those projects have. */
  share(variable: SharedVariable): void {
    this.#parts.platform.sharedEnv.push(variable);
  }

  /** Oldest first. */
  get deployments(): readonly Deployment[] {
    return [...this.#parts.platform.deployments.values()];
  }

  /** The deployment that production is. */
  get production(): Deployment | undefined {
    const { aliases, deployments } = this.#parts.platform;
    return deployments.get(aliases.get(this.productionHost) ?? "");
  }

  /** What `vercel usage` says of this month so far. */
  bill(charges: readonly Charge[]): void {
    this.#parts.platform.charges = charges;
  }

  get alertRules(): readonly AlertRule[] {
    return this.#parts.platform.alertRules;
  }

  inject(fault: Fault): void {
    this.#parts.platform.faults.inject(fault);
  }

  /** Faults that nothing has met yet. */
  get unmetFaults(): readonly Fault[] {
    return this.#parts.platform.faults.unmet;
  }

  clearFaults(): void {
    this.#parts.platform.faults.clear();
  }

  /** Switches deployment protection on, or with null off. */
  protect(protection: { secret: string | null; mode?: Protection["mode"] } | null): void {
    this.#parts.platform.protection = protection === null ? null : { mode: "standard", ...protection };
  }

  /** Makes a deployment sick, or the next one that is created; null heals. */
  sicken(which: string, how: Sickness | null, where: Infection["where"] = "everywhere"): void {
    const { platform } = this.#parts;
    const infection = how === null ? undefined : { how, where, due: 0 };
    if (which === "next") platform.nextInfection = infection;
    else {
      const deployment = platform.deployments.get(which);
      if (deployment === undefined) throw notFound(`there is no deployment ${which}`);
      deployment.infection = infection;
    }
  }

  /** Ends everything and leaves nothing behind. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { api, production, closing, platform, reaper } = this.#parts;
    closing.abort();
    const stopped = [api, production].map(stop);
    // A request may open a deployment, and a build start a host: they end before those are counted.
    while (platform.jobs.size > 0) await Promise.all(platform.jobs);
    const deployments = [...platform.deployments.values()];
    await Promise.all([...stopped, ...deployments.map(({ server }) => stop(server))]);
    await Promise.all(deployments.map(async ({ host }) => host?.close()));
    await reaper.done();
    await fs.rm(platform.root, { recursive: true, force: true });
  }
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise((resolve) => {
    server.close(resolve);
  });
  server.closeAllConnections();
  await closed;
}
