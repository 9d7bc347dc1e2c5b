import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import fs from "node:fs/promises";
import type { Digest } from "./hub-api.ts";

/** Larger pieces than the default's 64 kB: fewer turns of the event loop for the same work. */
const PIECE_BYTES = 1_048_576;

/**
 * The hash of a file, in pieces: weights can be larger than memory.
 * @returns lower case hex; `git` is the id that git gives a blob: sha1 over "blob <bytes>\0" and the content
 */
export async function hashFile(file: string, kind: Digest["kind"], signal?: AbortSignal): Promise<string> {
  const hash = createHash(kind === "git" ? "sha1" : "sha256");
  if (kind === "git") hash.update(`blob ${(await fs.stat(file)).size}\0`);
  for await (const piece of createReadStream(file, { signal, highWaterMark: PIECE_BYTES })) hash.update(piece);
  return hash.digest("hex");
}

/** True when there is a real file (no link) of this size and hash. The size is looked at first, which is fast. */
export async function isWhole(file: string, bytes: number, digest: Digest): Promise<boolean> {
  const stat = await fs.lstat(file).catch(() => null);
  if (stat?.isFile() !== true || stat.size !== bytes) return false;
  return (await hashFile(file, digest.kind)) === digest.hex;
}
