import fs from "node:fs/promises";
import path from "node:path";
import type { PackageManager } from "../config/words.ts";
import { CliError, messageOf } from "../errors.ts";
import { exec, execOk, showCommand, type Command } from "../exec.ts";
import { say, type Io } from "../io.ts";
import { gitCommands, installCommand } from "./commands.ts";
import type { FileTree } from "./files.ts";
import { needsVendoring, packSelf } from "./self.ts";
import { stage } from "./write.ts";

/** What has to be done to make a project: `--dry-run` prints it, `makeProject` does it. */
export interface ProjectJob {
  target: string;
  tree: FileTree;
  pm: PackageManager;
  install: boolean;
  git: boolean;
}

export interface StepReport {
  command: string;
  outcome: "done" | "skipped" | "failed";
  reason?: string;
}

/** The command lines of a job, for a project in `cwd`. */
export function jobCommands(job: ProjectJob, cwd: string): Command[] {
  return [
    ...(needsVendoring ? [packSelf(cwd)] : []),
    ...(job.install ? [installCommand(job.pm, cwd)] : []),
    ...(job.git ? gitCommands(cwd) : []),
  ];
}

/**
 * Makes the project in a folder beside the target and moves it there when it is whole. A signal or an error before that
 * leaves nothing; a failed install keeps the project, without node_modules.
 * @returns what was run, and how it went
 * @throws CliError, with the project in place when only its install failed
 */
export async function makeProject(io: Io, job: ProjectJob): Promise<StepReport[]> {
  io.signal.throwIfAborted();
  const staging = await stage(job.target, job.tree);
  try {
    if (needsVendoring) await vendorSelf(io, staging.dir);
    const installed = job.install ? await install(io, job.pm, staging.dir) : undefined;
    const committed = job.git ? await makeRepository(io, job.target, staging.dir) : undefined;
    io.signal.throwIfAborted();
    await staging.publish();
    const steps = [installed, committed].filter((step) => step !== undefined);
    if (installed?.outcome === "failed") {
      throw new CliError(
        "CHILD_FAILED",
        `the project is in ${job.target}, but its dependencies could not be installed: ${installed.reason}`,
        {
          hint: `run ${installed.command} there`,
        },
      );
    }
    return steps;
  } finally {
    await staging.discard();
  }
}

async function vendorSelf(io: Io, dir: string): Promise<void> {
  await fs.mkdir(path.join(dir, "vendor"));
  await execOk(io, packSelf(dir));
}

async function install(io: Io, pm: PackageManager, dir: string): Promise<StepReport> {
  const line = showCommand(installCommand(pm, dir));
  say(io, `installing dependencies with ${pm} …`);
  try {
    await execOk(io, installCommand(pm, dir));
    return { command: line, outcome: "done" };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    await fs.rm(path.join(dir, "node_modules"), { recursive: true, force: true });
    return { command: line, outcome: "failed", reason: messageOf(error) };
  }
}

/** A repository is a courtesy: whatever git says, the project is made. */
async function makeRepository(io: Io, target: string, dir: string): Promise<StepReport> {
  const command = "git init";
  const env = { GIT_DIR: undefined, GIT_WORK_TREE: undefined, GIT_INDEX_FILE: undefined };
  try {
    // The target may be an empty repository itself; the staging folder beside it does not show that.
    const cwd = (await isFolder(target)) ? target : path.dirname(dir);
    const inside = await exec(io, { command: "git", args: ["rev-parse", "--is-inside-work-tree"], cwd, env });
    if (inside.exitCode === 0)
      return { command, outcome: "skipped", reason: `${target} is inside a repository already` };
    for (const step of gitCommands(dir)) {
      const { exitCode, stderr } = await exec(io, { ...step, env });
      if (exitCode !== 0)
        return { command: showCommand(step), outcome: "skipped", reason: stderr.trim().split("\n")[0] ?? "git failed" };
    }
    return { command, outcome: "done" };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return { command, outcome: "skipped", reason: messageOf(error) };
  }
}

async function isFolder(file: string): Promise<boolean> {
  return fs.stat(file).then(
    (stat) => stat.isDirectory(),
    () => false,
  );
}
