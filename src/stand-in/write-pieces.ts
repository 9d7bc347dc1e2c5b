import fs from "node:fs/promises";
import path from "node:path";

/**
 * Writes a file piece by piece, so that a gigabyte needs no gigabyte of memory. Its folder is made.
 * @returns bytes written
 */
export async function writePieces(file: string, pieces: Iterable<Uint8Array>): Promise<number> {
  await fs.mkdir(path.dirname(file), { recursive: true });
  const handle = await fs.open(file, "w");
  try {
    let written = 0;
    for (const piece of pieces) {
      await handle.writeFile(piece);
      written += piece.length;
    }
    return written;
  } finally {
    await handle.close();
  }
}
