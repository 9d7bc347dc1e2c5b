import { PassThrough } from "node:stream";
import type { Io } from "../../src/io.ts";

/** An Io that remembers what was said on stderr. */
export function ioOf(
  cwd: string,
  env: Record<string, string> = {},
  signal = new AbortController().signal,
): Io & { said(): string } {
  const stderr = new PassThrough();
  let said = "";
  stderr.on("data", (piece: Buffer) => {
    said += piece.toString();
  });
  return { stdin: new PassThrough(), stdout: new PassThrough(), stderr, env, cwd, signal, said: () => said };
}
