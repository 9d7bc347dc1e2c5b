import type { Readable, Writable } from "node:stream";

/** Everything a command may touch of the process it runs in. Tests pass their own. */
export interface Io {
  stdin: Readable & { isTTY?: boolean };
  /** The answer, once. */
  stdout: Writable & { isTTY?: boolean };
  /** The conversation: progress, prompts, warnings, errors. */
  stderr: Writable & { isTTY?: boolean };
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Aborted with an `Interrupted` on SIGINT, SIGTERM or SIGHUP. */
  signal: AbortSignal;
}

/** Writes one line to stderr. */
export function say(io: Io, line = ""): void {
  io.stderr.write(`${line}\n`);
}

/** Writes the answer to stdout: text as it is, a document as JSON. */
export function answer(io: Io, value: string | object): void {
  io.stdout.write(typeof value === "string" ? `${value}\n` : `${JSON.stringify(value, null, 2)}\n`);
}

/** True when a person can be asked: stdin and stderr are terminals and this is not CI. */
export function canAsk(io: Io): boolean {
  const ci = io.env["CI"];
  return Boolean(io.stdin.isTTY && io.stderr.isTTY) && (ci === undefined || ci === "" || ci === "false" || ci === "0");
}
