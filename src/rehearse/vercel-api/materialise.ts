import { constants } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import type { DeployedFile } from "./deployment.ts";
import type { Uploads } from "./uploads.ts";

const TYPE_MASK = 0o170000;
const LINK_TYPE = 0o120000;

/** Writes the files of a deployment into a folder, as they were in the project: modes and links too. */
export async function materialise(dir: string, files: readonly DeployedFile[], uploads: Uploads): Promise<void> {
  await fs.mkdir(dir, { recursive: true });
  const links = files.filter(({ mode }) => (mode & TYPE_MASK) === LINK_TYPE);
  const regular = files.filter((file) => !links.includes(file));
  for (const { file, sha, mode } of regular) {
    const to = path.join(dir, file);
    await fs.mkdir(path.dirname(to), { recursive: true });
    await fs.copyFile(uploads.file(sha), to, constants.COPYFILE_FICLONE);
    // The owner has to be able to read it and to remove its folder.
    await fs.chmod(to, (mode & 0o777) | 0o600);
  }
  // Last, so that no file is written through one.
  for (const { file, sha } of links) {
    const target = await fs.readFile(uploads.file(sha), "utf8");
    // On the platform it would lead nowhere. Here it would find a file of this machine.
    if (!staysInside(file, target)) continue;
    await fs.mkdir(path.dirname(path.join(dir, file)), { recursive: true });
    await fs.symlink(target, path.join(dir, file));
  }
}

/** True for a path that cannot leave the folder it is put into. */
export function isRelativePath(file: string): boolean {
  return file !== "" && !path.isAbsolute(file) && !path.normalize(file).split(path.sep).includes("..");
}

function staysInside(link: string, target: string): boolean {
  return !path.isAbsolute(target) && isRelativePath(path.join(path.dirname(link), target));
}
