import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";

export interface Served {
  url: string;
  pid: number;
  /** Everything it wrote to stderr so far. */
  log(): string;
  /** Sends a signal, waits for the end, returns the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const ownBin = path.resolve(import.meta.dirname, "../../dist/edge-ai.js");

/** Starts `edge-ai dev --port 0 …` and waits for the URL it prints. */
export async function serveBin(
  cwd: string,
  args: readonly string[],
  options: { bin?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Served> {
  const child = spawn(process.execPath, [options.bin ?? ownBin, "dev", "--port", "0", ...args], {
    cwd,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const exited = once(child, "exit");
  const first = await Promise.race([once(createInterface({ input: child.stdout }), "line"), exited]);
  const [url] = first;
  if (typeof url !== "string" || child.pid === undefined) throw new Error(`edge-ai dev did not serve:\n${log}`);
  return {
    url,
    pid: child.pid,
    log: () => log,
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      await exited;
      return child.exitCode;
    },
  };
}
