import { randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { CliError, messageOf, systemCode } from "../errors.ts";

/**
 * Reads a file of a project that is to be written.
 * @returns null when there is none
 * @throws CliError FILE when it, or a folder on the way to it, is a link or something else than it should be
 */
export async function readOwnFile(dir: string, file: string): Promise<string | null> {
  const to = path.join(dir, file);
  for (const part of [...foldersOf(dir, file), to]) {
    const stat = await orNull(fs.lstat(part));
    if (stat === null) return null;
    if (part === to ? stat.isFile() : stat.isDirectory()) continue;
    const kind = stat.isSymbolicLink() ? "a link" : `not a ${part === to ? "file" : "folder"}`;
    throw new CliError("FILE", `${part} is ${kind}: ${file} is not written through it`, {
      hint: `move ${part} out of the way`,
    });
  }
  return orNull(fs.readFile(to, "utf8"));
}

/**
 * Puts a file of a project in place, whole or not at all, with the folders it needs.
 * @throws CliError FILE when it cannot be written; nothing is left then
 */
export async function replaceOwnFile(dir: string, file: string, text: string): Promise<void> {
  const to = path.join(dir, file);
  const next = `${to}.${randomBytes(6).toString("hex")}.tmp`;
  const made: string[] = [];
  try {
    for (const folder of foldersOf(dir, file)) if (await makeFolder(folder)) made.push(folder);
    await fs.writeFile(next, text, { flag: "wx" });
    await fs.rename(next, to);
  } catch (error) {
    await fs.rm(next, { force: true }).catch(() => undefined);
    for (const folder of made.toReversed()) await fs.rmdir(folder).catch(() => undefined);
    if (systemCode(error) === undefined) throw error;
    throw new CliError("FILE", `${to} cannot be written: ${messageOf(error)}`, {
      hint: "check permissions and free space",
      cause: error,
    });
  }
}

/** The folders between a folder and a file below it, from the outside in. */
function foldersOf(dir: string, file: string): string[] {
  const names = file.split("/").slice(0, -1);
  return names.map((_, index) => path.join(dir, ...names.slice(0, index + 1)));
}

/**
 * One at a time: on a read-only file system `mkdir` with `recursive` fails with ENOENT, which says nothing.
 * @returns false when it is there
 */
async function makeFolder(folder: string): Promise<boolean> {
  try {
    await fs.mkdir(folder);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}
