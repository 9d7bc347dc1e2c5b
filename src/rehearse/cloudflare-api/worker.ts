import { randomUUID } from "node:crypto";
import { noWorker } from "./api-error.ts";
import type { Platform } from "./platform.ts";
import type { Infection } from "../sickness.ts";

/** What a binding is called, and what the code finds under that name. */
export interface Binding {
  name: string;
  type: string;
  /** Of plain_text and secret_text. */
  text?: string | undefined;
  /** Of json. */
  json?: unknown;
}

export interface Module {
  name: string;
  contents: Uint8Array;
}

/** Static files of a version: the path that reaches a file, and the hash that it was uploaded under. */
interface Assets {
  manifest: Readonly<Record<string, string>>;
  runWorkerFirst: boolean | readonly string[] | undefined;
}

/** An upload: immutable, and in no deployment until somebody puts it into one. */
export interface Version {
  readonly id: string;
  readonly number: number;
  readonly createdOn: string;
  readonly source: "wrangler" | "dash";
  readonly annotations: Readonly<Record<string, string>>;
  readonly etag: string;
  readonly modules: readonly Module[];
  readonly mainModule: string;
  readonly bindings: readonly Binding[];
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  readonly assets: Assets | null;
  infection: Infection | undefined;
}

export interface Share {
  version_id: string;
  percentage: number;
}

/** Which versions get the traffic, and how much each. */
export interface WorkerDeployment {
  readonly id: string;
  readonly createdOn: string;
  readonly source: "wrangler" | "dash";
  readonly annotations: Readonly<Record<string, string>>;
  readonly versions: readonly Share[];
  /** When the edge knows it, in milliseconds of `performance.now()`; never: Infinity. */
  readonly effectiveAtMs: number;
  readonly ignoresOverrides: boolean;
}

export interface Worker {
  readonly id: string;
  readonly name: string;
  readonly createdOn: string;
  /** Newest first. */
  versions: Version[];
  /** Newest first. */
  deployments: WorkerDeployment[];
  subdomain: { enabled: boolean; previews_enabled: boolean };
  schedules: { cron: string }[];
  /** Of no version: observability, tags, … as they were sent. */
  settings: Record<string, unknown>;
}

/** What an upload brings; the rest is the platform's to give. */
export type Upload = Pick<
  Version,
  "annotations" | "modules" | "mainModule" | "bindings" | "compatibilityDate" | "compatibilityFlags" | "assets"
>;

/** @throws ApiError 404 code 10007 */
export function findWorker({ workers }: Platform, name: string): Worker {
  const found = workers.get(name);
  if (found === undefined) throw noWorker();
  return found;
}

export function makeWorker(platform: Platform, name: string): Worker {
  const worker: Worker = {
    id: randomUUID().replaceAll("-", ""),
    name,
    createdOn: platform.now(),
    versions: [],
    deployments: [],
    subdomain: { enabled: false, previews_enabled: false },
    schedules: [],
    settings: {},
  };
  platform.workers.set(name, worker);
  return worker;
}

export function addVersion(
  platform: Platform,
  worker: Worker,
  upload: Upload,
  source: Version["source"] = "wrangler",
): Version {
  const version: Version = {
    ...upload,
    source,
    id: randomUUID(),
    number: worker.versions.length + 1,
    createdOn: platform.now(),
    etag: randomUUID().replaceAll("-", ""),
    infection: source === "wrangler" ? platform.takeInfection() : undefined,
  };
  worker.versions.unshift(version);
  return version;
}

export function addDeployment(
  platform: Platform,
  worker: Worker,
  request: Pick<WorkerDeployment, "versions"> & Partial<WorkerDeployment>,
): WorkerDeployment {
  const deployment: WorkerDeployment = {
    id: randomUUID(),
    createdOn: platform.now(),
    source: "wrangler",
    annotations: {},
    effectiveAtMs: performance.now() + platform.settings.clock.propagationMs,
    ignoresOverrides: false,
    ...request,
  };
  worker.deployments.unshift(deployment);
  return deployment;
}

/** The deployment that the edge acts on at this moment: the newest that has come through to it. */
export function effectiveDeployment({ deployments }: Worker): WorkerDeployment | undefined {
  return deployments.find(({ effectiveAtMs }) => effectiveAtMs <= performance.now());
}
