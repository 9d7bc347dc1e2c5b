import fs from "node:fs/promises";
import type { Artefact } from "../targets/target.ts";

/**
 * Makes another release of what was built: the same code under another build id, which is all that the two need to be
 * told apart.
 */
export async function restamp(
  { outputDir, buildId }: Artefact,
  files: readonly string[],
  next: string,
): Promise<Artefact> {
  for (const file of files) {
    const code = await fs.readFile(file, "utf8");
    if (code.includes(buildId)) await fs.writeFile(file, code.replaceAll(buildId, next));
  }
  return { outputDir, buildId: next };
}
