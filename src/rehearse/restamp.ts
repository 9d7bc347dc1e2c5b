import fs from "node:fs/promises";
import path from "node:path";
import type { Artefact } from "../targets/target.ts";

/**
 * Makes another release of what was built: the same code under another build id, which is all that the two need to be
 * told apart.
 */
export async function restamp({ outputDir, buildId }: Artefact, next: string): Promise<Artefact> {
  const functions = path.join(outputDir, "functions");
  for (const name of await fs.readdir(functions, { recursive: true })) {
    if (path.basename(name) !== "index.mjs" || !path.dirname(name).endsWith(".func")) continue;
    const file = path.join(functions, name);
    const code = await fs.readFile(file, "utf8");
    if (code.includes(buildId)) await fs.writeFile(file, code.replaceAll(buildId, next));
  }
  return { outputDir, buildId: next };
}
