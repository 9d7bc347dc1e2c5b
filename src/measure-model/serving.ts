import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CliError } from "../errors.ts";
import { readEnvFile } from "../host/env-file.ts";
import { startHost } from "../host/host.ts";
import { chooseNode } from "../host/node-binary.ts";
import { isAlive } from "../processes.ts";
import { childrenWith } from "./function-process.ts";
import { contextTokensFor, type AskedLoad, type Subject } from "./subject.ts";

/** The built function of a staged project, served on this machine. */
export interface Serving {
  url: string;
  /** Processor, cores and Node, in words. */
  machine: string;
  /** What differs from the project's own environment, as NAME=value. */
  changed: readonly string[];
  /** What the function wrote last, without stack traces; a line that is under way is waited for. */
  lastLog(): Promise<string>;
  /** The process that serves the function; it has to have answered. */
  pid(): Promise<number>;
  /** Ends that process: the next request starts a fresh one. */
  endInstance(): Promise<void>;
  close(): Promise<void>;
}

interface Served {
  projectDir: string;
  stagingDir: string;
  subject: Subject;
  load: AskedLoad;
  signal: AbortSignal;
}

/** In the command line of every process that serves a function: a key of LauncherSettings. */
const MARK = '"socketPath":';
const END_MS = 5_000;
const LOG_LINES = 5;
/** An answer may be faster than what was written before it: that comes by another way. */
const LOG_MS = 100;
const STACK_LINE = /^\[[^\]]*\]\s+(?:at |[{}])/;
/** Of lib/llama.ts of our apps. */
const SEQUENCES = 2;
const CONTEXT_TOKENS = 2_048;
/** Serves a build as `edge-ai dev` does, with the variables of .env.local. @throws CliError as startHost does */
export async function serve({ projectDir, stagingDir, subject, load, signal }: Served): Promise<Serving> {
  const own = await readEnvFile(projectDir);
  const changed = changedEnv(subject, load, own);
  const node = await chooseNode(projectDir);
  const logs: string[] = [];
  const host = await startHost({
    outputDir: path.join(stagingDir, ".vercel", "output"),
    projectDir: stagingDir,
    port: 0,
    env: { ...own, ...changed },
    node: node.path,
    onLog: (line) => void logs.push(line),
    signal,
  });
  return {
    url: host.url,
    machine: machineWords(node.version),
    changed: Object.entries(changed).map(([name, value]) => `${name}=${value}`),
    async lastLog() {
      await sleep(LOG_MS);
      return logs
        .filter((line) => !STACK_LINE.test(line))
        .slice(-LOG_LINES)
        .join("\n");
    },
    pid: functionPid,
    async endInstance() {
      await endProcess(await functionPid(), signal);
    },
    close: () => host.close(),
  };
}

/** A staged project has one function, and this process serves nothing else. */
async function functionPid(): Promise<number> {
  const [found, ...others] = await childrenWith(MARK);
  if (found === undefined) throw new Error("the function has no process");
  if (others.length > 0) throw new Error(`${others.length + 1} processes could be the function's`);
  return found;
}

/** A function writes two answers at once, of 2,048 tokens with their prompts; more that is asked for has to be allowed. */
function changedEnv({ engine }: Subject, load: AskedLoad, own: Record<string, string>): Record<string, string> {
  if (engine !== "gguf") return {};
  const wanted = {
    LLAMA_SEQUENCES: { standard: SEQUENCES, needed: load.concurrency },
    LLAMA_CONTEXT_TOKENS: { standard: CONTEXT_TOKENS, needed: contextTokensFor(load) },
  };
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([name, { standard, needed }]) =>
      // Empty is not set, for the function too.
      needed > (Number(own[name]) || standard) ? [[name, String(needed)]] : [],
    ),
  );
}

async function endProcess(pid: number, signal: AbortSignal): Promise<void> {
  process.kill(pid, "SIGTERM");
  for (const endMs = Date.now() + END_MS; Date.now() < endMs;) {
    // It is gone for the system once its end was noticed here: then the host knows as well.
    if (!isAlive(pid)) return;
    await sleep(5, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }
  throw new CliError("BUSY", `the function's process ${pid} did not end within ${END_MS / 1_000} s`, {
    hint: "look for what keeps it: a handler of SIGTERM, an endless loop",
  });
}

function machineWords(nodeVersion: string): string {
  const model = os.cpus()[0]?.model.trim() ?? os.arch();
  return `${model}, ${os.availableParallelism()} cores, Node ${nodeVersion}`;
}
