import fs from "node:fs/promises";
import path from "node:path";
import { abandoned } from "../processes.ts";

const OLD = ".old";

/** Makes a folder beside the output to build into, and tidies up after builds that were killed. */
export async function openStaging(outputDir: string): Promise<string> {
  await fs.mkdir(path.dirname(outputDir), { recursive: true });
  await tidy(outputDir);
  return fs.mkdtemp(`${prefixOf(outputDir)}${process.pid}-`);
}

/** Puts a finished folder in the place of an older one. The gap between the two renames is the only time there is none. */
export async function replaceDir(from: string, to: string): Promise<void> {
  const old = `${from}${OLD}`;
  await fs.rename(to, old).catch(() => undefined);
  try {
    await fs.rename(from, to);
  } catch (error) {
    await fs.rename(old, to).catch(() => undefined);
    throw error;
  }
  await fs.rm(old, { recursive: true, force: true });
}

/** The names begin with the process that builds: a folder whose process is gone belongs to nobody. */
function prefixOf(outputDir: string): string {
  return `${outputDir}.tmp-`;
}

async function tidy(outputDir: string): Promise<void> {
  const dir = path.dirname(outputDir);
  for (const name of await abandoned(dir, path.basename(prefixOf(outputDir)))) {
    const rest = path.join(dir, name);
    // Killed in the gap: the older output is still there under this name. Where there is one already, this fails.
    if (name.endsWith(OLD)) await fs.rename(rest, outputDir).catch(() => undefined);
    await fs.rm(rest, { recursive: true, force: true });
  }
}
