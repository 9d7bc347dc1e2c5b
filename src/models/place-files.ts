import { constants } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { CliError, systemCode } from "../errors.ts";
import { formatBytes } from "../plan/format.ts";
import { realFolder } from "./safe-path.ts";

/** Bytes gather here under the hash they have to have, out of the way of bundles and of git. */
const PARTS = ".edge-ai/pull";

/** To open a part with: a link that somebody puts in its place meanwhile is not followed. Windows has no such flag. */
export const WRITE_PART = constants.O_WRONLY | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);

/**
 * Where the bytes of a file gather. What is there under that name and no file, like a link, is removed.
 * @throws CliError BAD_CONFIG when the way there goes over a link
 */
export async function partOf(projectDir: string, hex: string): Promise<string> {
  const part = path.join(projectDir, await realFolder(projectDir, PARTS), `${hex}.part`);
  const stat = await fs.lstat(part).catch(() => null);
  if (stat?.isFile() === false) await fs.rm(part, { recursive: true });
  return part;
}

/** Puts a whole, checked file in its place, over whatever stood there. */
export async function place(projectDir: string, folder: string, file: string, part: string): Promise<void> {
  const dir = await realFolder(projectDir, path.posix.join(folder, path.posix.dirname(file)));
  const target = path.join(projectDir, dir, path.posix.basename(file));
  await fs.mkdir(path.dirname(target), { recursive: true });
  try {
    await fs.rename(part, target);
  } catch (error) {
    if (systemCode(error) !== "EXDEV") throw error;
    // The folder of models may be a disk of its own.
    await fs.rm(`${target}.part`, { force: true });
    await fs.copyFile(part, `${target}.part`, constants.COPYFILE_EXCL);
    await fs.rename(`${target}.part`, target);
    await fs.rm(part);
  }
}

/** The same for content that is in memory. */
export async function placeContent(
  projectDir: string,
  folder: string,
  file: { path: string; sha256: string },
  content: Buffer,
): Promise<void> {
  const part = await partOf(projectDir, file.sha256);
  await fs.mkdir(path.dirname(part), { recursive: true });
  await fs.writeFile(part, content, { flag: WRITE_PART | constants.O_TRUNC });
  await place(projectDir, folder, file.path, part);
}

/** Takes the folder of parts away when nothing waits in it. */
export async function removeEmptyParts(projectDir: string): Promise<void> {
  const folder = await realFolder(projectDir, PARTS).catch(() => null);
  if (folder !== null) await fs.rmdir(path.join(projectDir, folder)).catch(() => undefined);
}

/** @throws CliError FILE when the disk has no room for so many bytes more */
export async function assertRoom(projectDir: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await fs.statfs(projectDir);
  const freeBytes = bavail * bsize;
  if (bytes <= freeBytes) return;
  throw new CliError("FILE", `the model needs ${formatBytes(bytes)} and the disk has ${formatBytes(freeBytes)} free`, {
    hint: "free some space on that disk, or take smaller weights with --dtype",
  });
}
