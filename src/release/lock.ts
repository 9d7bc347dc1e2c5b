import { randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { CliError, systemCode } from "../errors.ts";

interface Holder {
  pid: number;
  startedAt: string;
}

/**
 * Lets one release at a time change a project's deployments. A lock whose process is gone is taken over.
 * @returns what gives the lock back
 * @throws CliError BUSY when another release is running
 */
export async function lockProject(projectDir: string, now: Date): Promise<() => Promise<void>> {
  const file = path.join(projectDir, ".edge-ai", "release.lock");
  await fs.mkdir(path.dirname(file), { recursive: true });
  const content = JSON.stringify({ pid: process.pid, startedAt: now.toISOString() } satisfies Holder);
  for (;;) {
    if (await create(file, content)) return () => fs.rm(file, { force: true });
    const found = await readIfThere(file);
    if (found === null) continue;
    const holder = parseHolder(found);
    if (holder !== null && isAlive(holder.pid)) {
      throw new CliError(
        "BUSY",
        `another release (process ${holder.pid}) has been running here since ${holder.startedAt}`,
        {
          hint: "wait until it has ended",
        },
      );
    }
    await takeAway(file, found);
  }
}

async function create(file: string, content: string): Promise<boolean> {
  // Linked into place, so that nobody ever reads a lock that is half written.
  const own = `${file}.${randomBytes(6).toString("hex")}`;
  await fs.writeFile(own, content);
  try {
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
  const aside = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    await fs.rename(file, aside);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw error;
  }
  if ((await fs.readFile(aside, "utf8")) !== stale) await fs.link(aside, file).catch(() => undefined);
  await fs.rm(aside, { force: true });
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

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}
