import { execa } from "execa";
import { CliError, Interrupted, messageOf, systemCode } from "./errors.ts";
import type { Io } from "./io.ts";
import { killGroup } from "./processes.ts";
import { startReaper } from "./reaper.ts";
import { quoted } from "./shell-word.ts";

/** A command line as data. Nothing here goes through a shell. */
export interface Command {
  command: string;
  args: readonly string[];
  cwd?: string;
  env?: Readonly<Record<string, string | undefined>>;
}

export interface ExecResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** How long a child may go on after the signal that should have ended it, in milliseconds. */
const KILL_AFTER_MS = 5_000;
const LAST_LINES = 15;

/**
 * Runs a child in its own process group and waits for it. The child's output goes nowhere but into the result.
 * On SIGINT, SIGTERM or SIGHUP the whole group gets the signal, then SIGKILL. When this process is killed, so is the group.
 * @returns exit code, stdout and stderr, also when the child failed
 * @throws CliError MISSING_PROGRAM when there is no such program; Interrupted after a signal
 */
export async function exec(io: Io, command: Command): Promise<ExecResult> {
  io.signal.throwIfAborted();
  const reaper = startReaper();
  const child = execa(command.command, [...command.args], {
    cwd: command.cwd ?? io.cwd,
    env: { ...io.env, ...command.env },
    extendEnv: false,
    detached: true,
    reject: false,
    stdin: "ignore",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (child.pid !== undefined) reaper.watch(child.pid, true);
  let killTimer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    const reason: unknown = io.signal.reason;
    killGroup(child.pid, reason instanceof Interrupted ? reason.signalName : "SIGTERM");
    killTimer = setTimeout(() => killGroup(child.pid, "SIGKILL"), KILL_AFTER_MS);
  };
  io.signal.addEventListener("abort", stop, { once: true });
  try {
    const result = await child;
    io.signal.throwIfAborted();
    if (result.exitCode === undefined && !result.isTerminated) throw notStarted(command, result);
    return { exitCode: result.exitCode ?? 1, stdout: result.stdout, stderr: result.stderr };
  } finally {
    clearTimeout(killTimer);
    io.signal.removeEventListener("abort", stop);
    // Grandchildren that outlive the child would be orphans of ours.
    if (io.signal.aborted) killGroup(child.pid, "SIGKILL");
    if (child.pid !== undefined) reaper.watch(child.pid, false);
    await reaper.done();
  }
}

/**
 * Like `exec`, for a child that has to succeed.
 * @throws CliError CHILD_FAILED with the child's last lines
 */
export async function execOk(io: Io, command: Command): Promise<ExecResult> {
  const result = await exec(io, command);
  if (result.exitCode === 0) return result;
  const last = `${result.stdout}\n${result.stderr}`.trim().split("\n").slice(-LAST_LINES).join("\n");
  throw new CliError("CHILD_FAILED", `${showCommand(command)} exited with ${result.exitCode}\n${last}`.trim(), {
    hint: `run it by hand${command.cwd === undefined ? "" : ` in ${command.cwd}`} to see more`,
  });
}

/** The command line as a person would type it. */
export function showCommand({ command, args }: Command): string {
  return [command, ...args].map(quoted).join(" ");
}

function notStarted(command: Command, error: unknown): CliError {
  if (systemCode(error) === "ENOENT") {
    return new CliError("MISSING_PROGRAM", `${command.command} is not installed or not on the PATH`, {
      hint: `install ${command.command}, or put it on the PATH`,
      cause: error,
    });
  }
  return new CliError("CHILD_FAILED", `${showCommand(command)} could not be started: ${messageOf(error)}`, {
    cause: error,
  });
}
