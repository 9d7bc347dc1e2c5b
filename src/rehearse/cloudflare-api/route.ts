import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { localName } from "../../host/local-host.ts";
import type { Platform } from "./platform.ts";
import { ACCOUNT_SUBDOMAIN } from "./worker-json.ts";
import { effectiveDeployment, type Version, type Worker } from "./worker.ts";

/** Which version a request is for, and whether it came there as the traffic of production does. */
export interface Route {
  version: Version;
  isProduction: boolean;
}

const OVERRIDES = "cloudflare-workers-version-overrides";
const VERSION_KEY = "cloudflare-workers-version-key";
const previewHost = new RegExp(`^([0-9a-f]{8})-(.+)\\.${ACCOUNT_SUBDOMAIN}\\.workers\\.dev(?::\\d+)?$`);
const productionHost = new RegExp(`^([^.]+)\\.${ACCOUNT_SUBDOMAIN}\\.workers\\.dev(?::\\d+)?$`);

/**
 * Finds the version as the edge does: a preview host names it; else the override header does, among those of the
 * present deployment; else the split decides.
 * @returns undefined when nothing answers there
 */
export function route(platform: Platform, headers: IncomingHttpHeaders): Route | undefined {
  const host = headers.host ?? "";
  const [, prefix = "", named = ""] = previewHost.exec(host) ?? [];
  const previewed = platform.workers.get(named);
  if (previewed !== undefined) return previewOf(previewed, prefix);
  const worker = workerAt(platform, host);
  const deployment = worker === undefined ? undefined : effectiveDeployment(worker);
  if (worker === undefined || deployment === undefined || !worker.subdomain.enabled) return undefined;
  const ids = deployment.versions.map(({ version_id }) => version_id);
  const wanted = deployment.ignoresOverrides ? undefined : overrideFor(worker.name, headers[OVERRIDES]);
  const overridden = wanted !== undefined && ids.includes(wanted) ? wanted : undefined;
  const chosen = overridden ?? pick(platform, deployment, headers);
  const version = worker.versions.find(({ id }) => id === chosen);
  return version === undefined ? undefined : { version, isProduction: overridden === undefined };
}

/** @returns true for a host that only this machine's own programs ask for, or one of the account's workers.dev */
export function isOurs(host: string | undefined): boolean {
  return host !== undefined && (localName(host) || previewHost.test(host) || productionHost.test(host));
}

function previewOf({ versions, subdomain }: Worker, prefix: string): Route | undefined {
  const version = subdomain.previews_enabled ? versions.find(({ id }) => id.startsWith(prefix)) : undefined;
  return version === undefined ? undefined : { version, isProduction: false };
}

/** The edge's own address stands for the first Worker. */
function workerAt({ workers }: Platform, host: string): Worker | undefined {
  const name = productionHost.exec(host)?.[1];
  return name === undefined ? [...workers.values()][0] : workers.get(name);
}

/** `W="<id>"`, also as one of several. */
function overrideFor(name: string, header: string | string[] | undefined): string | undefined {
  for (const member of String(header ?? "").split(",")) {
    const [, key, id] = /^\s*([^=\s]+)\s*=\s*"([^"]*)"\s*$/.exec(member) ?? [];
    if (key === name) return id;
  }
  return undefined;
}

type Split = NonNullable<ReturnType<typeof effectiveDeployment>>;

/** The same key comes to the same version; without one, each gets its share, kept without chance. */
function pick({ due }: Platform, { id, versions }: Split, headers: IncomingHttpHeaders): string | undefined {
  const key = headers[VERSION_KEY];
  if (key !== undefined) return pickByKey(versions, `${id} ${String(key)}`);
  const shares = due.get(id) ?? versions.map(() => 0);
  due.set(id, shares);
  for (const [at, { percentage }] of versions.entries()) shares[at] = (shares[at] ?? 0) + percentage;
  const at = shares.indexOf(Math.max(...shares));
  shares[at] = (shares[at] ?? 0) - 100;
  return versions[at]?.version_id;
}

function pickByKey(versions: Split["versions"], key: string): string | undefined {
  let point = (createHash("sha256").update(key).digest().readUInt32BE(0) / 2 ** 32) * 100;
  for (const { version_id: id, percentage } of versions) {
    if (point < percentage) return id;
    point -= percentage;
  }
  return versions.at(-1)?.version_id;
}
