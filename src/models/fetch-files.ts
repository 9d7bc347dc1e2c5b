import fs from "node:fs/promises";
import path from "node:path";
import { say, type Io } from "../io.ts";
import { formatBytes } from "../plan/format.ts";
import type { ChosenFile } from "./choose-files.ts";
import { hashFile, isWhole } from "./digest.ts";
import { download, type Patience } from "./download.ts";
import type { Digest } from "./hub-api.ts";
import type { Hub } from "./hub-endpoint.ts";
import type { LockedFile } from "./models-lock.ts";
import { assertRoom, partOf, place } from "./place-files.ts";
import type { Promised } from "./promised-hash.ts";
import { showProgress } from "./progress.ts";

export interface Fetched {
  files: LockedFile[];
  fetchedBytes: number;
}

export interface FromHub {
  hub: Hub;
  repository: string;
  /** A commit. */
  revision: string;
  files: readonly ChosenFile[];
  /** Relative to the project. */
  folder: string;
}

interface Into {
  io: Io;
  projectDir: string;
  promise: Promised;
}

/**
 * Fetches the files that are missing or wrong, one after the other, and puts each in its place when it is whole.
 * @returns size and sha256 of all of them, and the bytes that came over the net
 */
export async function fetchFiles(
  from: FromHub,
  options: Patience & { signal: AbortSignal },
  into: Into,
): Promise<Fetched> {
  const { projectDir, io } = into;
  const todo: ChosenFile[] = [];
  for (const file of from.files) if (!(await isThere(file, from.folder, projectDir))) todo.push(file);
  const waiting = await Promise.all(todo.map(async (file) => sizeOf(await partOf(projectDir, digestOf(file).hex))));
  const bytes = todo.reduce((sum, file) => sum + file.bytes, 0) - waiting.reduce((sum, size) => sum + size, 0);
  await assertRoom(projectDir, bytes);
  let fetchedBytes = 0;
  const files: LockedFile[] = [];
  for (const file of from.files) {
    if (todo.includes(file)) fetchedBytes += await fetchFile(file, from, options, into);
    else say(io, `  ${file.path}: there already`);
    files.push(await lockedFile(file, path.join(projectDir, from.folder, file.path)));
  }
  return { files, fetchedBytes };
}

async function fetchFile(
  file: ChosenFile,
  { hub, repository, revision, folder }: FromHub,
  options: Patience & { signal: AbortSignal },
  { io, projectDir, promise }: Into,
): Promise<number> {
  const digest = digestOf(file);
  const part = await partOf(projectDir, digest.hex);
  const had = await sizeOf(part);
  say(io, `  ${file.path}: ${formatBytes(file.bytes)}${had === 0 ? "" : `, of which ${formatBytes(had)} are there`}`);
  const progress = showProgress(io, file.path, file.bytes);
  const urlPath = `/${repository}/resolve/${revision}/${file.from.split("/").map(encodeURIComponent).join("/")}`;
  const wanted = { name: file.from, urlPath, part, bytes: file.bytes, digest };
  const fetched = await download(hub, wanted, { ...options, onProgress: progress.at }).finally(progress.end);
  try {
    promise(file, await hashFile(part, "sha256"));
  } catch (error) {
    await fs.rm(part);
    throw error;
  }
  await place(projectDir, folder, file.path, part);
  return fetched;
}

function digestOf({ digest, from }: ChosenFile): Digest {
  if (digest === null) throw new Error(`${from} has no hash to check it against`);
  return digest;
}

async function isThere(file: ChosenFile, folder: string, projectDir: string): Promise<boolean> {
  return isWhole(path.join(projectDir, folder, file.path), file.bytes, digestOf(file));
}

async function lockedFile(file: ChosenFile, target: string): Promise<LockedFile> {
  const digest = digestOf(file);
  const sha256 = digest.kind === "sha256" ? digest.hex : await hashFile(target, "sha256");
  return { path: file.path, ...(file.from !== file.path && { from: file.from }), bytes: file.bytes, sha256 };
}

async function sizeOf(file: string): Promise<number> {
  return fs.stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
