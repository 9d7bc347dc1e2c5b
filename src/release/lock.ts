import { randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { CliError, systemCode } from "../errors.ts";
import { abandoned, isAlive } from "../processes.ts";

interface Holder {
  pid: number;
  startedAt: string;
}

/**
 * Lets one release at a time change a project's deployments. A lock whose process is gone is taken over.
 * @returns what gives the lock back
 * @throws CliError BUSY when another release is running
 */
export function lockProject(projectDir: string, now: Date): Promise<() => Promise<void>> {
  return lockFile(path.join(projectDir, ".edge-ai", "release.lock"), "release", now);
}

/**
 * The same for anything that only one process may do at a time.
 * @param what in the message: "release", "monitor"
 * @returns what gives the lock back
 * @throws CliError BUSY when another process has it
 */
export async function lockFile(file: string, what: string, now: Date): Promise<() => Promise<void>> {
  await fs.mkdir(path.dirname(file), { recursive: true });
  const content = JSON.stringify({ pid: process.pid, startedAt: now.toISOString() } satisfies Holder);
  for (;;) {
    if (await create(file, content)) {
      await removeRests(file);
      return () => fs.rm(file, { force: true });
    }
    const found = await readIfThere(file);
    if (found === null) continue;
    const holder = parseHolder(found);
    if (holder !== null && isAlive(holder.pid) && !wasBeforeUs(holder)) {
      const who = `another ${what} (process ${holder.pid}) has been running here since ${holder.startedAt}`;
      throw new CliError("BUSY", who, {
        hint: `wait until it has ended; if there is no such ${what}, remove ${file}`,
      });
    }
    await takeAway(file, found);
  }
}

async function create(file: string, content: string): Promise<boolean> {
  // Linked into place, so that nobody ever reads a lock that is half written.
  const own = ownName(file);
  try {
    await fs.writeFile(own, content);
    await fs.link(own, file);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  } finally {
    await fs.rm(own, { force: true });
  }
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await fs.readFile(file, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}

/** Removes a stale lock, and only that: one that somebody has made meanwhile is put back. */
async function takeAway(file: string, stale: string): Promise<void> {
  const aside = ownName(file);
  try {
    await fs.rename(file, aside);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw error;
  }
  if ((await fs.readFile(aside, "utf8")) !== stale) await fs.link(aside, file).catch(() => undefined);
  await fs.rm(aside, { force: true });
}

/** A name that no other process takes. */
function ownName(file: string): string {
  return `${file}.${process.pid}.${randomBytes(6).toString("hex")}`;
}

/** Removes the files of processes that were killed while they made or took away a lock. */
async function removeRests(file: string): Promise<void> {
  const dir = path.dirname(file);
  const rests = await abandoned(dir, `${path.basename(file)}.`);
  await Promise.all(rests.map((name) => fs.rm(path.join(dir, name), { force: true })));
}

/** Our own number in a lock from before we were started: that process is gone, and we have been given its number. */
function wasBeforeUs({ pid, startedAt }: Holder): boolean {
  return pid === process.pid && Date.parse(startedAt) < performance.timeOrigin;
}

function parseHolder(text: string): Holder | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("pid" in value) || !("startedAt" in value)) return null;
    return typeof value.pid === "number" && typeof value.startedAt === "string"
      ? { pid: value.pid, startedAt: value.startedAt }
      : null;
  } catch {
    return null;
  }
}
