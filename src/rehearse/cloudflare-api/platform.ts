import type { AssetStore } from "./asset-store.ts";
import { Faults } from "./faults.ts";
import type { Infection } from "../sickness.ts";
import type { Worker } from "./worker.ts";

/** How long things take that the real platform needs seconds for. */
export interface Clock {
  /** From the answer to a new deployment until the edge acts on it. */
  propagationMs: number;
  /** The same with the fault "slow-propagation". */
  slowPropagationMs: number;
}

export interface PlatformSettings {
  /** The only bearer token that is accepted. */
  token: string;
  /** The only account that the token sees. */
  accountId: string;
  clock: Clock;
  /** A folder from which wrangler, and through it workerd, is found. */
  miniflareFrom: string;
  onLog: (line: string) => void;
}

/** Everything the emulated platform knows. Whoever changes it is an endpoint. */
export class Platform {
  readonly settings: PlatformSettings;
  /** Temporary folder of the assets. */
  readonly root: string;
  readonly assets: AssetStore;
  /** Where the first Worker answers. */
  readonly productionUrl: string;
  /** Oldest first. */
  readonly workers = new Map<string, Worker>();
  readonly faults = new Faults();
  /** By deployment: how much of a request each of its versions is behind by, in percent. */
  readonly due = new Map<string, number[]>();
  /** What the next version will suffer from. */
  nextInfection: Infection | undefined;
  #lastMs = 0;

  constructor(parts: Pick<Platform, "settings" | "root" | "assets" | "productionUrl">) {
    this.settings = parts.settings;
    this.root = parts.root;
    this.assets = parts.assets;
    this.productionUrl = parts.productionUrl;
  }

  /** ISO 8601, and later than ever before: lists are ordered by it. */
  now(): string {
    this.#lastMs = Math.max(Date.now(), this.#lastMs + 1);
    return new Date(this.#lastMs).toISOString();
  }

  takeInfection(): Infection | undefined {
    const infection = this.nextInfection;
    this.nextInfection = undefined;
    return infection;
  }
}
