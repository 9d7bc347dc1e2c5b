import fs from "node:fs/promises";
import path from "node:path";
import { systemCode } from "../../errors.ts";
import { lacksSkipLine, NPMRC, readNpmrc, SKIP_LINE } from "./npmrc.ts";
import type { Project } from "./project.ts";

/** Changes that cannot do harm: they add what is missing, and touch nothing that is there. */
const fixes: readonly ((project: Project) => Promise<string | null>)[] = [addPublicFolder, addSkipLine];

/** Repairs what can be repaired safely. @returns a sentence per change */
export async function applyFixes(project: Project): Promise<string[]> {
  const changes = [];
  for (const fix of fixes) changes.push(await fix(project));
  return changes.filter((change) => change !== null);
}

async function addPublicFolder({ dir, config }: Project): Promise<string | null> {
  const name = config?.name ?? path.basename(dir);
  const title = name.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  try {
    await fs.mkdir(path.join(dir, "public"));
  } catch (error) {
    if (systemCode(error) === "EEXIST") return null;
    throw error;
  }
  const page = `<!doctype html>\n<html lang="en">\n  <meta charset="utf-8" />\n  <title>${title}</title>\n  <h1>${title}</h1>\n</html>\n`;
  await fs.writeFile(path.join(dir, "public", "index.html"), page);
  return "made public/index.html";
}

async function addSkipLine(project: Project): Promise<string | null> {
  if (!(await lacksSkipLine(project))) return null;
  const text = await readNpmrc(project.dir);
  const gap = text === "" || text.endsWith("\n") ? "" : "\n";
  await fs.appendFile(path.join(project.dir, NPMRC), `${gap}${SKIP_LINE}\n`);
  return `added ${SKIP_LINE} to ${NPMRC}`;
}
