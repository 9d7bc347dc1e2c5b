import { randomBytes } from "node:crypto";
import type { Deployment } from "./deployment.ts";
import type { Infection } from "../sickness.ts";
import { Faults } from "./faults.ts";
import type { Project } from "./project.ts";
import type { EnvVariable, SharedVariable } from "./project-env.ts";
import type { Protection } from "./protection.ts";
import type { Plan, TeamSlug } from "./teams.ts";
import type { AlertRule, Charge, Invocation } from "./traffic.ts";
import type { Uploads } from "./uploads.ts";

/** How long things take that the real platform needs minutes for. */
export interface Clock {
  /** QUEUED, and then BUILDING. */
  buildStepMs: number;
  /** A promotion or a rollback, from the request to the domain. */
  aliasMs: number;
  /** The same with the fault "slow-promote". */
  slowAliasMs: number;
}

export interface PlatformSettings {
  /** The only bearer token that is accepted. */
  token: string;
  plan: Plan;
  /** The team of a token that no scope is given with. */
  defaultTeam: TeamSlug;
  clock: Clock;
  /** Environment of all functions, under that of their project. */
  env: Readonly<Record<string, string>>;
  node: string | undefined;
  launcher: string | undefined;
  onLog: (line: string) => void;
}

/** Everything the emulated platform knows. Whoever changes it is an endpoint, or a job that one of them started. */
export class Platform {
  readonly settings: PlatformSettings;
  /** Temporary folder of the uploads and the deployments. */
  readonly root: string;
  readonly uploads: Uploads;
  /** `host:port` of the server that answers as production. */
  readonly productionHost: string;
  /** Aborted when the platform is closed. */
  readonly closed: AbortSignal;
  readonly projects = new Map<string, Project>();
  /** Oldest first. */
  readonly deployments = new Map<string, Deployment>();
  /** Which deployment a domain serves: the one truth about what production is. */
  readonly aliases = new Map<string, string>();
  readonly env: EnvVariable[] = [];
  readonly sharedEnv: SharedVariable[] = [];
  readonly faults = new Faults();
  /** Requests to functions, oldest first: what the metrics are computed from. */
  readonly invocations: Invocation[] = [];
  /** The bill of this month so far. */
  charges: readonly Charge[] = [];
  readonly alertRules: AlertRule[] = [];
  protection: Protection | null = null;
  /** What the next deployment will suffer from. */
  nextInfection: Infection | undefined;
  /** What still runs: builds, promotions. */
  readonly jobs = new Set<Promise<void>>();
  #lastMs = 0;

  constructor(parts: Pick<Platform, "settings" | "root" | "uploads" | "productionHost" | "closed">) {
    this.settings = parts.settings;
    this.root = parts.root;
    this.uploads = parts.uploads;
    this.productionHost = parts.productionHost;
    this.closed = parts.closed;
  }

  /** Milliseconds since 1970, and later than ever before: lists are ordered and paged by them. */
  now(): number {
    this.#lastMs = Math.max(Date.now(), this.#lastMs + 1);
    return this.#lastMs;
  }

  /** Starts what goes on after its request was answered. */
  startJob(job: () => Promise<void>): void {
    const running = job()
      .catch((error: unknown) => {
        if (!this.closed.aborted) this.settings.onLog(`error: ${String(error)}`);
      })
      .finally(() => this.jobs.delete(running));
    this.jobs.add(running);
  }
}

export function newId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString("hex")}`;
}
