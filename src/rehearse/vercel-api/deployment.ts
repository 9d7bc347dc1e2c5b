import type { Server } from "node:http";
import type { Host } from "../../host/host.ts";
import type { Infection } from "../sickness.ts";

/** A file of a deployment, as the CLI lists it. */
export interface DeployedFile {
  /** Relative to the project, with slashes. */
  file: string;
  sha: string;
  /** As of lstat: it says whether the content is a file's or a link's. */
  mode: number;
}

/** What somebody asked for. */
export interface DeploymentRequest {
  name: string;
  projectId: string;
  teamId: string;
  target: "production" | null;
  meta: Readonly<Record<string, string>>;
  /** Of this deployment only. */
  env: Readonly<Record<string, string>>;
  files: readonly DeployedFile[];
  /** Whether production's domains are to serve it as soon as it is ready. */
  assignsDomains: boolean;
}

/** A deployment: what was asked for never changes, how far it is does. */
export interface Deployment extends DeploymentRequest {
  readonly id: string;
  /** Its own `host:port`. */
  readonly url: string;
  readonly createdAt: number;
  readonly server: Server;
  readyState: "QUEUED" | "BUILDING" | "READY" | "ERROR";
  readySubstate: "STAGED" | "PROMOTED" | undefined;
  /** The CLI waits until it is true. */
  aliasAssigned: boolean;
  buildingAt: number | undefined;
  readyAt: number | undefined;
  error: { code: string; message: string } | undefined;
  /** What serves it, once it is ready. */
  host: Host | undefined;
  infection: Infection | undefined;
}
