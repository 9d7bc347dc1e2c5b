import { spawn } from "node:child_process";

export interface Reaper {
  /** Says that a process group runs, or has ended. */
  watch(group: number, running: boolean): void;
  /** Ends what runs and removes the folder. */
  done(): Promise<void>;
}

/** Each line names the groups that run. stdin closes when the writer ends, however it dies. */
const script = 'while read -r line; do groups=$line; done; for g in $groups; do kill -9 "-$g"; done; rm -rf -- "$1"';

/**
 * Starts a shell that outlives this process, even after kill -9, just long enough to end its functions and remove its
 * folder. A function that is stuck in a loop cannot notice by itself that the host is gone.
 */
export function startReaper(folder: string): Reaper {
  const groups = new Set<number>();
  const shell = spawn("/bin/sh", ["-c", script, "sh", folder], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    env: { PATH: "/usr/bin:/bin" },
  });
  const ended = new Promise<void>((resolve) => {
    shell.once("close", () => resolve()).once("error", () => resolve());
  });
  // Without a shell there is nobody to tell. Functions still notice by themselves, unless they are stuck.
  shell.stdin.on("error", () => {});
  return {
    watch: (group, running) => {
      if (running) groups.add(group);
      else groups.delete(group);
      shell.stdin.write(`${[...groups].join(" ")}\n`);
    },
    done: () => {
      shell.stdin.end();
      return ended;
    },
  };
}
