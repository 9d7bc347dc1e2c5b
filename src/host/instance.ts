import { spawn, type ChildProcess } from "node:child_process";
import http from "node:http";
import readline from "node:readline";
import type { Readable } from "node:stream";
import type { HostMessage, LauncherSettings } from "./launcher/settings.ts";
import { killGroup } from "../processes.ts";

/** How long requests and `waitUntil` promises may go on in an instance that is asked to stop. */
const STOP_GRACE_MS = 2_000;
/** After this an instance that was asked to stop is killed. */
const KILL_AFTER_MS = 3_000;

/** One child process with one function, serving any number of requests at once. */
export interface Instance {
  pid: number | undefined;
  socketPath: string;
  /** Keeps connections to it open between requests. */
  agent: http.Agent;
  /** Resolves when it takes requests; rejects when it ended before. */
  ready: Promise<void>;
  /** Resolves with a sentence when the process is gone. */
  exited: Promise<string>;
  /** False when it does not answer in time: its event loop is stuck. */
  ping(withinMs: number): Promise<boolean>;
  /** Lets it finish for a few seconds. */
  stop(): Promise<void>;
  kill(): void;
}

/** Starts a child process for a function. Returns at once. */
export function startInstance(options: {
  node: string;
  nodeArgs: readonly string[];
  launcher: string;
  settings: Omit<LauncherSettings, "stopGraceMs">;
  folder: string;
  env: Readonly<Record<string, string>>;
  onLog: (line: string) => void;
}): Instance {
  const settings: LauncherSettings = { ...options.settings, stopGraceMs: STOP_GRACE_MS };
  const child = spawn(options.node, [...options.nodeArgs, options.launcher, JSON.stringify(settings)], {
    cwd: options.folder,
    env: options.env,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // A group of its own: what the function starts ends with it, and Ctrl-C in the terminal reaches the host alone.
    detached: true,
  });
  logLines(child.stdout, options.onLog);
  logLines(child.stderr, options.onLog);
  const agent = new http.Agent({ keepAlive: true });
  const exited = exitOf(child).finally(() => {
    agent.destroy();
    killGroup(child.pid, "SIGKILL");
  });
  return {
    pid: child.pid,
    socketPath: settings.socketPath,
    agent,
    ready: readyOf(child, exited),
    exited,
    ping: (withinMs) => ping(child, withinMs),
    stop: () => stop(child, exited),
    kill: () => killGroup(child.pid, "SIGKILL"),
  };
}

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(`could not be started: ${error.message}`));
    child.once("exit", (code, signal) =>
      resolve(signal === null ? `exited with ${code ?? "no code"}` : `was ended by ${signal}`),
    );
  });
}

function readyOf(child: ChildProcess, exited: Promise<string>): Promise<void> {
  const ready = new Promise<void>((resolve, reject) => {
    child.on("message", (message) => {
      if (message === "ready") resolve();
    });
    void exited.then((sentence) => reject(new Error(sentence)));
  });
  // It may have nobody waiting, when the request that started it is gone.
  ready.catch(() => {});
  return ready;
}

function ping(child: ChildProcess, withinMs: number): Promise<boolean> {
  const message: HostMessage = "ping";
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish(false), withinMs);
    const onMessage = (answer: unknown): void => {
      if (answer === "pong") finish(true);
    };
    const finish = (alive: boolean): void => {
      clearTimeout(timer);
      child.off("message", onMessage);
      resolve(alive);
    };
    child.on("message", onMessage);
    if (child.connected) child.send(message, () => {});
  });
}

async function stop(child: ChildProcess, exited: Promise<string>): Promise<void> {
  child.kill("SIGTERM");
  const timer = setTimeout(() => killGroup(child.pid, "SIGKILL"), KILL_AFTER_MS);
  await exited;
  clearTimeout(timer);
}

function logLines(stream: Readable | null, onLog: (line: string) => void): void {
  if (stream !== null) readline.createInterface({ input: stream, crlfDelay: Infinity }).on("line", onLog);
}
