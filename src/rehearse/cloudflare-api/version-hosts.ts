import path from "node:path";
import { startWorkerd, VERSION_BINDING, type WorkerdHost } from "../../host/workerd/workerd.ts";
import type { Platform } from "./platform.ts";
import type { Version } from "./worker.ts";

/** Each is a process of its own, of some eighty megabytes. */
const MAX_ALIVE = 3;

interface Running {
  host: Promise<WorkerdHost>;
  /** Requests that are on their way: it is not stopped under them. */
  busy: number;
  usedAtMs: number;
}

/** Runs versions on workerd: from the first request for one until others are wanted more. */
export class VersionHosts {
  readonly #platform: Platform;
  readonly #running = new Map<string, Running>();
  #closed = false;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** @throws CliError when the version does not start */
  async use<T>(version: Version, work: (host: WorkerdHost) => Promise<T>): Promise<T> {
    const running = this.#running.get(version.id) ?? this.#start(version);
    running.busy += 1;
    try {
      return await work(await running.host);
    } finally {
      running.busy -= 1;
      running.usedAtMs = performance.now();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const all = [...this.#running.values()];
    this.#running.clear();
    await Promise.all(all.map(stop));
  }

  #start(version: Version): Running {
    if (this.#closed) throw new Error("the emulator is closed");
    this.#makeRoom();
    const running: Running = { host: this.#launch(version), busy: 0, usedAtMs: performance.now() };
    this.#running.set(version.id, running);
    // One that did not start is tried again by the next request.
    running.host.catch(() => this.#running.delete(version.id));
    return running;
  }

  #makeRoom(): void {
    const idle = [...this.#running].filter(([, { busy }]) => busy === 0);
    const oldest = idle.toSorted(([, a], [, b]) => a.usedAtMs - b.usedAtMs)[0];
    if (oldest === undefined || this.#running.size < MAX_ALIVE) return;
    this.#running.delete(oldest[0]);
    void stop(oldest[1]);
  }

  async #launch({ id, modules, mainModule, bindings, assets, ...version }: Version): Promise<WorkerdHost> {
    const { settings, assets: store, root } = this.#platform;
    const assetsDir = assets === null ? null : path.join(root, "versions", id);
    if (assets !== null && assetsDir !== null) await store.materialise(assets.manifest, assetsDir);
    const texts = bindings.filter(({ type }) => type === "plain_text" || type === "secret_text");
    return startWorkerd({
      modules: modules.toSorted((a, b) => Number(b.name === mainModule) - Number(a.name === mainModule)),
      assetsDir,
      ...(assets?.runWorkerFirst !== undefined && { runWorkerFirst: assets.runWorkerFirst }),
      compatibilityDate: version.compatibilityDate,
      compatibilityFlags: version.compatibilityFlags,
      vars: Object.fromEntries(texts.map(({ name, text = "" }) => [name, text])),
      versionId: bindings.some(({ name }) => name === VERSION_BINDING) ? id : null,
      miniflareFrom: settings.miniflareFrom,
      port: 0,
      onLog: (line) => settings.onLog(`${id.slice(0, 8)}: ${line}`),
    });
  }
}

async function stop({ host }: Running): Promise<void> {
  await host.then((each) => each.close()).catch(() => undefined);
}
