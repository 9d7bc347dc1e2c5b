import fs from "node:fs/promises";
import path from "node:path";

/** Copies those of the files that there are. */
export async function copyIfThere(from: string, to: string, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => fs.copyFile(path.join(from, name), path.join(to, name)).catch(ignoreMissing)));
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
