import { usedBy, type Used } from "./function-process.ts";

const SAMPLE_MS = 500;

interface Watch {
  stop: () => void;
  /** Processor time since the watch began, and the most memory so far; null when the process has ended. */
  used: () => Promise<Used | null>;
}

/** Watches what a process uses. Looks now and then: only Linux keeps the highest value of memory itself. @throws Error when it is gone */
export async function watchProcess(pid: number): Promise<Watch> {
  const before = await usedBy(pid);
  let mostBytes = before.residentBytes;
  const look = async (): Promise<Used | null> => {
    const now = await usedBy(pid).catch(() => null);
    mostBytes = Math.max(mostBytes, now?.residentBytes ?? 0);
    return now;
  };
  const timer = setInterval(() => void look(), SAMPLE_MS);
  return {
    stop: () => clearInterval(timer),
    async used() {
      const now = await look();
      return now === null ? null : { cpuMs: now.cpuMs - before.cpuMs, residentBytes: mostBytes };
    },
  };
}
