import fs from "node:fs/promises";
import { systemCode } from "./errors.ts";

/** Whether a process runs on this machine. NaN, 0 and negative numbers are none (for kill they are groups). */
export function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}

/** Sends a signal to a process group. One that is gone is fine; macOS says EPERM for a group of zombies. */
export function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (systemCode(error) !== "ESRCH" && systemCode(error) !== "EPERM") throw error;
  }
}

/** What processes that are gone have left in a folder, where names go on with a process id after `prefix`. */
export async function abandoned(dir: string, prefix: string): Promise<string[]> {
  const names = await fs.readdir(dir);
  return names.filter((name) => name.startsWith(prefix) && !isAlive(Number.parseInt(name.slice(prefix.length), 10)));
}
