import fs from "node:fs/promises";
import http, { type Server } from "node:http";
import path from "node:path";
import { listen } from "../../host/listen.ts";
import { reapedFolder, type Reaper } from "../../reaper.ts";
import { ApiServer, type ApiCall } from "./api-server.ts";
import { AssetStore } from "./asset-store.ts";
import { deployAsSomebodyElse } from "./deployment-endpoints.ts";
import { answerAtEdge } from "./edge.ts";
import { API_ROOT } from "./endpoints.ts";
import type { Fault } from "./faults.ts";
import { Platform, type Clock, type PlatformSettings } from "./platform.ts";
import type { Infection, Sickness } from "../sickness.ts";
import { VersionHosts } from "./version-hosts.ts";
import { effectiveDeployment, findWorker, type Version, type Worker } from "./worker.ts";

const defaultClock: Clock = { propagationMs: 100, slowPropagationMs: 10_000 };

/** Accepted by the emulator, and no account of anybody's. */
export const REHEARSAL_ACCOUNT = "0123456789abcdef0123456789abcdef";

export interface CloudflareApiOptions extends Partial<Omit<PlatformSettings, "clock">> {
  /** A folder from which wrangler, and through it workerd, is found. */
  miniflareFrom: string;
  clock?: Partial<Clock>;
  /** Closes it when it is aborted. */
  signal?: AbortSignal;
}

/**
 * Emulates the Cloudflare API on 127.0.0.1 as far as `wrangler` calls it for a release, and serves what is deployed there
 * on real workerd. Nothing of it outlives `close`.
 */
export async function startCloudflareApi(options: CloudflareApiOptions): Promise<CloudflareApi> {
  options.signal?.throwIfAborted();
  const { dir: root, reaper } = await reapedFolder("edge-ai-cloudflare");
  const api = http.createServer();
  const edge = http.createServer();
  try {
    const url = `http://127.0.0.1:${await listen(api, 0)}${API_ROOT}`;
    const productionUrl = `http://127.0.0.1:${await listen(edge, 0)}`;
    const assets = new AssetStore(path.join(root, "assets"));
    const platform = new Platform({ settings: settingsOf(options), root, assets, productionUrl });
    const closing = new AbortController();
    const emulator = new CloudflareApi({ api, edge, reaper, platform, url, closing });
    const once = { once: true, signal: closing.signal };
    options.signal?.addEventListener("abort", () => void emulator.close(), once);
    return emulator;
  } catch (error) {
    api.close();
    edge.close();
    await reaper.done();
    throw error;
  }
}

function settingsOf(options: CloudflareApiOptions): PlatformSettings {
  return {
    token: options.token ?? "rehearsal",
    accountId: options.accountId ?? REHEARSAL_ACCOUNT,
    clock: { ...defaultClock, ...options.clock },
    miniflareFrom: options.miniflareFrom,
    onLog: options.onLog ?? (() => undefined),
  };
}

interface Parts {
  api: Server;
  edge: Server;
  reaper: Reaper;
  platform: Platform;
  url: string;
  closing: AbortController;
}

/** A running emulator. Made by `startCloudflareApi`. */
export class CloudflareApi {
  /** Of the API, for CLOUDFLARE_API_BASE_URL. */
  readonly url: string;
  /** Where the first Worker answers, by the split of its traffic. */
  readonly productionUrl: string;
  readonly #parts: Parts;
  readonly #server: ApiServer;
  readonly #hosts: VersionHosts;
  #closed: Promise<void> | undefined;

  constructor(parts: Parts) {
    const { platform, api, edge } = parts;
    this.#parts = parts;
    this.url = parts.url;
    this.productionUrl = platform.productionUrl;
    this.#server = new ApiServer(platform);
    this.#hosts = new VersionHosts(platform);
    api.on("request", (req, res) => void this.#server.handle(req, res));
    edge.on("request", (req, res) => void answerAtEdge(platform, this.#hosts, req, res));
  }

  get calls(): readonly ApiCall[] {
    return this.#server.calls;
  }

  /** "GET /client/v4/thing": what was asked and is not known here. */
  get unknownCalls(): readonly string[] {
    const unknown = this.calls.filter(({ endpoint }) => endpoint === null);
    return [...new Set(unknown.map(({ method, path: asked }) => `${method} ${asked}`))];
  }

  /** Oldest first. */
  get workers(): readonly Worker[] {
    return [...this.#parts.platform.workers.values()];
  }

  /** The version of the first Worker that has the most of the traffic at this moment. */
  get production(): Version | undefined {
    const [worker] = this.workers;
    const shares = worker === undefined ? [] : (effectiveDeployment(worker)?.versions ?? []);
    const most = shares.toSorted((a, b) => b.percentage - a.percentage)[0];
    return worker?.versions.find(({ id }) => id === most?.version_id);
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

  /**
   * Deploys a version that wrangler knows nothing of, as a person does in the dashboard.
   * @param share what it gets of the traffic, in percent; the rest stays with what had the most
   * @returns its id
   */
  intrude(workerName: string, share?: number): string {
    const { platform } = this.#parts;
    return deployAsSomebodyElse(platform, findWorker(platform, workerName), share);
  }

  /** Makes a version sick, or the next one that is uploaded; null heals. */
  sicken(which: string, how: Sickness | null, where: Infection["where"] = "everywhere"): void {
    const { platform } = this.#parts;
    const infection = how === null ? undefined : { how, where, due: 0 };
    if (which === "next") platform.nextInfection = infection;
    else {
      const version = this.workers.flatMap(({ versions }) => versions).find(({ id }) => id === which);
      if (version === undefined) throw new Error(`there is no version ${which}`);
      version.infection = infection;
    }
  }

  /** Ends everything and leaves nothing behind. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { api, edge, reaper, platform, closing } = this.#parts;
    closing.abort();
    await Promise.all([stop(api), stop(edge), this.#hosts.close()]);
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
