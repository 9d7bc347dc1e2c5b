import { inspect } from "node:util";

/** Writes what a handler threw to stderr, as Node.js would; the host puts it into the log. */
export function printError(error: unknown): void {
  process.stderr.write(`${inspect(error)}\n`);
}
