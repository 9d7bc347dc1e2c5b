import { spawn, type ChildProcess } from "node:child_process";
import path from "node:path";

export interface BinRun {
  code: number | null;
  stdout: string;
  stderr: string;
}

interface BinOptions {
  cwd?: string;
  env?: Readonly<Record<string, string | undefined>>;
  /** Another Node than the one that runs the tests. */
  node?: string;
  bin?: "edge-ai" | "create-edge-ai";
  /** Called with the child, for a test that sends it a signal. */
  onSpawn?: (child: ChildProcess) => void;
}

const dist = path.resolve(import.meta.dirname, "../../dist");

/** Runs the built bin as a user runs it, without a terminal. `npm run build` comes first. */
export async function runBin(args: readonly string[], options: BinOptions = {}): Promise<BinRun> {
  const { cwd, env, node = process.execPath, bin = "edge-ai", onSpawn } = options;
  const child = spawn(node, [path.join(dist, `${bin}.js`), ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onSpawn?.(child);
  const [stdout, stderr, code] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (exitCode) => resolve(exitCode));
    }),
  ]);
  return { code, stdout, stderr };
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  stream.setEncoding("utf8");
  for await (const chunk of stream) text += String(chunk);
  return text;
}
