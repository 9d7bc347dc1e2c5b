import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";

export interface Reaper {
  /** Says that a process group runs, or has ended. */
  watch(group: number, running: boolean): void;
  /** The same of a single process, which is in our own group. */
  watchProcess(pid: number, running: boolean): void;
  /** Ends what runs and removes the folder. */
  done(): Promise<void>;
}

/** Each line names what runs, a group as -N. stdin closes when the writer ends, however it dies. */
const script = 'while read -r line; do alive=$line; done; for a in $alive; do kill -9 "$a"; done; rm -rf -- "$@"';

/**
 * Starts a shell that outlives this process, even after kill -9, just long enough to end its children and remove its
 * folder. A child that is stuck in a loop, or does not know us, cannot notice by itself that we are gone.
 */
export function startReaper(folder?: string): Reaper {
  const alive = new Set<string>();
  const shell = spawn("/bin/sh", ["-c", script, "sh", ...(folder === undefined ? [] : [folder])], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    env: { PATH: "/usr/bin:/bin" },
  });
  const ended = new Promise<void>((resolve) => {
    shell.once("close", () => resolve()).once("error", () => resolve());
  });
  // Without a shell there is nobody to tell. Functions still notice by themselves, unless they are stuck.
  shell.stdin.on("error", () => {});
  const tell = (name: string, running: boolean): void => {
    if (running) alive.add(name);
    else alive.delete(name);
    shell.stdin.write(`${[...alive].join(" ")}\n`);
  };
  return {
    watch: (group, running) => tell(`-${group}`, running),
    watchProcess: (pid, running) => tell(String(pid), running),
    done: () => {
      shell.stdin.end();
      return ended;
    },
  };
}

/** A new temporary folder that nobody else can open and that is gone with this process, however it ends. */
export async function reapedFolder(name: string): Promise<{ dir: string; reaper: Reaper }> {
  const dir = path.join(os.tmpdir(), `${name}-${randomBytes(4).toString("hex")}`);
  // The reaper first: after a kill between the two there is nothing to remove, and not nobody to remove it.
  const reaper = startReaper(dir);
  await fs.mkdir(dir, { mode: 0o700 });
  return { dir, reaper };
}
