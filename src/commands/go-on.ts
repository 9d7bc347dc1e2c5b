import { CliError, Interrupted, type ErrorCode } from "../errors.ts";
import { showCommand } from "../exec.ts";
import { say, type Io } from "../io.ts";

/** Errors after which the same command goes on from where it stopped, once what the hint says is done. */
const resumable: ReadonlySet<ErrorCode> = new Set([
  "PLATFORM",
  "PROTECTED",
  "NO_ACCESS",
  "NOT_PRODUCTION",
  "CHILD_FAILED",
  "BUSY",
]);

/** Adds to what stopped a release the command line that goes on with it. */
export async function withGoOn<T>(
  io: Io,
  args: readonly (string | false | undefined)[],
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const given = args.filter((part) => typeof part === "string");
    const goOn = `to go on: ${showCommand({ command: "edge-ai", args: given })}`;
    if (error instanceof Interrupted) say(io, `  ${goOn}`);
    if (!(error instanceof CliError) || !resumable.has(error.code)) throw error;
    const hint = error.hint === undefined ? goOn : `${error.hint}; ${goOn}`;
    throw new CliError(error.code, error.message, { hint, cause: error });
  }
}
