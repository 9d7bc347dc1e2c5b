/** What the host tells the launcher, as JSON in its first argument. */
export interface LauncherSettings {
  /** Absolute path of the module with the handler. */
  handler: string;
  shouldAddHelpers: boolean;
  /** Unix socket to listen on. */
  socketPath: string;
  /** How long requests and `waitUntil` promises may go on after SIGTERM. */
  stopGraceMs: number;
}

/** Messages over IPC. The child says `ready` once, and `pong` for every `ping`. */
export type LauncherMessage = "ready" | "pong";
export type HostMessage = "ping";

/** Header of an answer that says the handler threw. The host takes it off and answers with the platform's error. */
export const FAILED_HEADER = "x-edge-ai-invocation-failed";
