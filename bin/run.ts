import module from "node:module";

/** The process around the program: compile cache, signals, streams, exit code. The only place that touches them. */
export async function run(args: string[]): Promise<void> {
  // What a bundled library still calls is nothing that a user can act on.
  process.noDeprecation = true;
  // Node 22.8 and later keep compiled code on disk; before that there is nothing to switch on.
  module.enableCompileCache?.();
  const [{ main }, { Interrupted, signalNames }] = await Promise.all([
    import("../src/cli.ts"),
    import("../src/errors.ts"),
  ]);
  const controller = new AbortController();
  for (const name of signalNames) {
    process.on(name, () => controller.abort(new Interrupted(name)));
  }
  // A reader that closed the pipe (`edge-ai plan | head`) is not an error; a full disk is, and it must not read as "no".
  // A terminal that was closed cannot be written to either: the exit code is the signal's.
  let unwritable = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      unwritable ||= error.code !== "EPIPE" && !controller.signal.aborted;
      if (unwritable) process.exitCode = 2;
    });
  }
  const exitCode = await main(args, {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    signal: controller.signal,
  });
  process.exitCode = unwritable ? 2 : exitCode;
}
