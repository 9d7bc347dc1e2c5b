import { randomBytes } from "node:crypto";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../../config/schema.ts";
import { CliError } from "../../errors.ts";
import type { Io } from "../../io.ts";
import type { Artefact, Deployment, StageOptions, Target } from "../target.ts";
import type { Traffic } from "./answers.ts";
import type { CliOptions } from "./cli.ts";
import { deploymentOf, type Hosts } from "./deployment.ts";
import { PLACEHOLDER_TAG, shareMessage, versionMessage, versionNote } from "./notes.ts";
import { releaseSecrets } from "./secrets.ts";
import { carrierOf, isAlone, isSame, refuseForeignSplit, refuseOtherShare, sharesText } from "./traffic.ts";
import { CloudflareWorker } from "./worker.ts";
import { hasTriggers } from "./wrangler-json.ts";

/** How long the edge may need after a deployment: Cloudflare says seconds ("up to 30 s" in practice, from memory). */
const PROPAGATION_MS = 60_000;
const POLL_MS = 1_000;
/** Each command of wrangler takes a second or two, so what was asked for just before it is as good as asked again. */
const FRESH_MS = 5_000;

export interface CloudflareContext extends CliOptions {
  io: Io;
  projectDir: string;
  config: Pick<Config, "name" | "targets">;
}

/** Cloudflare Workers, through the `wrangler` program. Reads what it did from the platform, and believes no exit code alone. */
export function cloudflareTarget(context: CloudflareContext): CloudflareTarget {
  return new CloudflareTarget(context);
}

export class CloudflareTarget implements Target {
  readonly propagationMs: number;
  readonly productionHeaders = {};
  readonly rollbackNotes = [
    "the version runs with the secrets it was uploaded with: what was changed since is not in it",
    "crons, routes and the workers.dev subdomain belong to no version: they stay as the newer release set them",
    "data that the newer release wrote stays",
    "Cloudflare keeps the last 100 versions to go back to",
  ];
  readonly worker: CloudflareWorker;
  readonly #io: Io;
  readonly #projectDir: string;
  /** What was production when a version was staged, by the version's id. */
  readonly #carriers = new Map<string, string>();
  readonly #domain: string | null;

  constructor({ io, projectDir, config, ...options }: CloudflareContext) {
    this.#io = io;
    this.#projectDir = projectDir;
    this.#domain = config.targets.cloudflare?.domain ?? null;
    this.worker = new CloudflareWorker({ io, projectDir, config, ...options });
    this.propagationMs = Math.min(PROPAGATION_MS, this.worker.cli.timeoutMs);
  }

  async productionUrl(): Promise<string | null> {
    const hosts = await this.worker.hosts();
    return hosts === null ? null : this.#productionUrl(hosts);
  }

  async stage(artefact: Artefact, { environment, knownGood }: StageOptions): Promise<Deployment> {
    const { worker } = this;
    if ((await worker.hosts()) === null) await this.#makeWorker();
    const upload = randomBytes(4).toString("hex");
    const failure = await worker.upload({
      configFile: path.join(artefact.outputDir, "wrangler.json"),
      tag: artefact.buildId,
      message: versionMessage({ environment, upload, knownGood }),
      secrets: await releaseSecrets(this.#projectDir, await worker.config()),
    });
    // Found by its own name: what was uploaded by somebody else meanwhile is not it, and an answer that was lost is no loss.
    const made = (await worker.versions()).find(({ message }) => versionNote(message)?.upload === upload);
    if (made !== undefined) return this.reach(made.id);
    throw (
      failure ??
      new CliError("PLATFORM", "wrangler uploaded a version, and Cloudflare does not list it", {
        hint: "run the same command again",
      })
    );
  }

  /** A preview by its own host; one for production by production's host, with 0 % of the traffic and the override header. */
  async reach(id: string): Promise<Deployment> {
    const version = await this.worker.version(id);
    if (version === null) throw missing(id);
    const hosts = await this.#hosts();
    const made = deploymentOf(version, hosts);
    if (made.environment === "preview" && !made.isForeign) return reachable(made, hosts);
    const traffic = refuseOtherShare(await this.#ownTraffic(), id);
    this.#carriers.set(id, carrierOf(traffic));
    if (!traffic.shares.some((share) => share.id === id)) await this.#deploy(id, 0, carrierOf(traffic));
    const header = `${await this.worker.name()}="${id}"`;
    // The first release brings its own routes: until then nothing answers at a custom domain.
    const isFirst = (await this.worker.version(carrierOf(traffic)))?.tag === PLACEHOLDER_TAG;
    const url = isFirst ? (hosts.url ?? "") : this.#productionUrl(hosts);
    return {
      ...made,
      url,
      requestHeaders: { "cloudflare-workers-version-overrides": header },
      lookAt: made.url,
    };
  }

  /** Gives a staged version a share of the traffic, in percent; the rest is production's. 0 takes it back. */
  async shift(id: string, percentage: number): Promise<void> {
    const carrier = carrierOf(await this.#ownTraffic(0));
    const was = this.#carriers.get(id) ?? carrier;
    if (carrier !== was) {
      throw new CliError("NOT_PRODUCTION", `production has become ${carrier} since ${id} was staged beside ${was}`, {
        hint: "another release was made meanwhile: look at edge-ai status --target cloudflare, and run it again if this one is newer",
      });
    }
    await this.#deploy(id, percentage, carrier);
  }

  async promote(id: string, { rollback = false }: { rollback?: boolean } = {}): Promise<void> {
    const { worker } = this;
    if ((await worker.version(id)) === null) throw missing(id);
    const traffic = await this.#ownTraffic();
    if (!rollback) refuseOtherShare(traffic, id);
    if (!isAlone(traffic, id))
      await this.#deployed([{ id, percentage: 100 }], rollback ? "edge-ai rollback" : "edge-ai promote");
    // Those of an older release are not known any more.
    if (!rollback && hasTriggers(await worker.config())) await worker.deployTriggers();
  }

  async current(): Promise<Deployment | null> {
    const traffic = await this.worker.traffic();
    if (traffic === null) return null;
    const id = carrierOf(refuseForeignSplit(traffic));
    const version = await this.worker.version(id);
    if (version === null || version.tag === PLACEHOLDER_TAG) return null;
    const other = traffic.shares.find((share) => share.id !== id && share.percentage > 0);
    const made = deploymentOf(version, await this.#hosts());
    return other === undefined ? made : { ...made, sharedWith: other };
  }

  async find(id: string): Promise<Deployment | null> {
    const version = await this.worker.version(id);
    if (version === null || version.tag === PLACEHOLDER_TAG) return null;
    return deploymentOf(version, await this.#hosts());
  }

  async list(): Promise<Deployment[]> {
    const hosts = await this.worker.hosts();
    if (hosts === null) return [];
    return (await this.worker.versions())
      .filter(({ tag }) => tag !== PLACEHOLDER_TAG)
      .map((version) => deploymentOf(version, hosts));
  }

  async #hosts(): Promise<Hosts> {
    const hosts = await this.worker.hosts();
    if (hosts !== null) return hosts;
    throw new CliError("PLATFORM", `Cloudflare has no Worker ${await this.worker.name()} any more`, {
      hint: "it was removed meanwhile: run the same command again",
    });
  }

  #productionUrl(hosts: Hosts): string {
    if (this.#domain !== null) return `https://${this.#domain}`;
    if (hosts.isEnabled && hosts.url !== null) return hosts.url;
    throw new CliError("BAD_CONFIG", "the Worker is not on workers.dev, and edge-ai.json names no domain of it", {
      hint: 'set "targets": { "cloudflare": { "domain": "app.example.com" } }, or "workers_dev": true in wrangler.jsonc',
    });
  }

  /** Only where nothing is: a placeholder would be production at once. */
  async #makeWorker(): Promise<void> {
    if ((await this.worker.traffic()) === null) return this.worker.deployPlaceholder();
    throw new CliError("PLATFORM", "Cloudflare says that there is no such Worker, and that it has a deployment", {
      hint: "run the same command again",
    });
  }

  /** @throws CliError when there is none, or two versions share it and nobody knows why */
  async #ownTraffic(maxAgeMs = FRESH_MS): Promise<Traffic> {
    const traffic = await this.worker.traffic({ maxAgeMs });
    if (traffic !== null) return refuseForeignSplit(traffic);
    throw new CliError("PLATFORM", "the Worker has no deployment any more", { hint: "run the same command again" });
  }

  #deploy(id: string, percentage: number, from: string): Promise<void> {
    const shares = [
      { id, percentage },
      { id: from, percentage: 100 - percentage },
    ];
    return this.#deployed(shares, shareMessage(id, from));
  }

  /** "Deployed" and exit code 0 are not believed, nor is a failure: what Cloudflare says afterwards counts. */
  async #deployed(shares: Traffic["shares"], message: string): Promise<void> {
    const failure = await this.worker.deployVersions(shares, message);
    const now = await this.#settled(shares, failure === null ? POLL_MS : 0).catch((error: unknown) => {
      // What counts when this cannot be found out either is why it failed.
      if (failure !== null && error instanceof CliError) return null;
      throw error;
    });
    if (now !== null && isSame(now.shares, shares)) return;
    if (failure !== null) throw failure;
    throw new CliError(
      "NOT_PRODUCTION",
      `wrangler deployed ${sharesText(shares)}, and Cloudflare says ${sharesText(now?.shares ?? [])}`,
      {
        hint: "another deployment may have been made meanwhile: look at edge-ai status --target cloudflare, and run it again",
      },
    );
  }

  async #settled(shares: Traffic["shares"], withinMs: number): Promise<Traffic | null> {
    const endMs = performance.now() + withinMs;
    for (;;) {
      const now = await this.worker.traffic();
      if ((now !== null && isSame(now.shares, shares)) || performance.now() >= endMs) return now;
      await sleep(POLL_MS, undefined, { signal: this.#io.signal }).catch(() => this.#io.signal.throwIfAborted());
    }
  }
}

/** @throws CliError BAD_CONFIG when previews have no host */
function reachable(made: Deployment, hosts: Hosts): Deployment {
  if (hosts.hasPreviews) return made;
  throw new CliError("BAD_CONFIG", "the Worker has no preview URLs, so a preview cannot be measured", {
    hint: 'set "preview_urls": true in wrangler.jsonc and run npx wrangler triggers deploy, or release with --prod',
  });
}

function missing(id: string): CliError {
  return new CliError("UNKNOWN_DEPLOYMENT", `Cloudflare has no version ${JSON.stringify(id)} of this Worker`, {
    hint: "edge-ai deployments --target cloudflare lists what there is",
  });
}
