import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import { promisify } from "node:util";

/** What a process has used so far. */
export interface Used {
  cpuMs: number;
  /** On Linux the highest ever; elsewhere what it is now. */
  residentBytes: number;
}

/** Linux counts processor time in hundredths of a second for programs to read, whatever its own clock is (man 5 proc, USER_HZ). */
const TICK_MS = 10;

/**
 * The children of this process whose command line has a text in it.
 * @throws Error when the system has neither /proc nor ps
 */
export async function childrenWith(text: string): Promise<number[]> {
  const all = process.platform === "linux" ? await processesOfLinux() : await processesOfPs();
  return all.filter(({ parent, command }) => parent === process.pid && command.includes(text)).map(({ pid }) => pid);
}

/** What a process has used. @throws Error when it is gone */
export async function usedBy(pid: number): Promise<Used> {
  if (process.platform !== "linux") return parsePs(await ps(["-o", "rss=,time=", "-p", String(pid)]));
  const [status, stat] = await Promise.all([
    fs.readFile(`/proc/${pid}/status`, "utf8"),
    fs.readFile(`/proc/${pid}/stat`, "utf8"),
  ]);
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  if (peak === undefined) throw new Error(`process ${pid} has ended`);
  const fields = afterName(stat);
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS, residentBytes: Number(peak) * 1024 };
}

/** "123456  1:02.34" of macOS, "123456 00:01:02" and "1-00:01:02" of others. */
export function parsePs(line: string): Used {
  const [, kilobytes, days = "0", clock] = /^\s*(\d+)\s+(?:(\d+)-)?([\d:.]+)\s*$/.exec(line) ?? [];
  if (kilobytes === undefined || clock === undefined) throw new Error("the process has ended");
  const seconds = clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  return { cpuMs: (Number(days) * 86_400 + seconds) * 1_000, residentBytes: Number(kilobytes) * 1024 };
}

interface Process {
  pid: number;
  parent: number;
  command: string;
}

async function processesOfLinux(): Promise<Process[]> {
  const pids = (await fs.readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = await Promise.all(pids.map((pid) => readProcess(pid).catch(() => null)));
  return all.filter((each) => each !== null);
}

async function readProcess(pid: number): Promise<Process> {
  const [stat, command] = await Promise.all([
    fs.readFile(`/proc/${pid}/stat`, "utf8"),
    fs.readFile(`/proc/${pid}/cmdline`, "utf8"),
  ]);
  return { pid, parent: Number(afterName(stat)[1]), command };
}

/**
 * The fields of /proc/<pid>/stat after "pid (name)", whose name may hold anything: 0 the state, 1 the parent, 11 and 12 the
 * processor time in the program and in the system (man 5 proc).
 */
function afterName(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

async function processesOfPs(): Promise<Process[]> {
  const lines = (await ps(["-A", "-o", "pid=,ppid=,args="])).split("\n");
  return lines.flatMap((line) => {
    const [, pid, parent, command = ""] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
}

async function ps(args: readonly string[]): Promise<string> {
  return (await promisify(execFile)("ps", [...args], { maxBuffer: 16 * 1024 * 1024 })).stdout;
}
