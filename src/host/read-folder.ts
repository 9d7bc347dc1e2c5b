import type { Dirent } from "node:fs";
import fs from "node:fs/promises";
import { systemCode } from "../errors.ts";

/** What is in a folder; nothing when there is no such folder. */
export async function readFolder(dir: string): Promise<Dirent[]> {
  try {
    return await fs.readdir(dir, { withFileTypes: true });
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}
