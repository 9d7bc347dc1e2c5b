import fs from "node:fs/promises";
import path from "node:path";
import semver from "semver";
import { CliError } from "../../errors.ts";
import { chooseNode } from "../../host/node-binary.ts";
import type { Io } from "../../io.ts";

/** The version that the tests drive (2026-11-23), and that npx is asked for. */
export const TESTED_WRANGLER = "4.150.0";
/** The first major version that was tried. */
export const OLDEST_WRANGLER = "4.100.0";
/** 4.150.0 refuses an older one, in `engines` of its package.json and when it starts. */
const OLDEST_NODE = "22.12.0";

/** The program as it is called here, before its arguments. */
export interface WranglerProgram {
  command: string;
  args: readonly string[];
  /** Folder of the Node.js that runs it, for the PATH of what it starts. */
  nodeDir: string;
  /** Where it was found. */
  from: "project" | "PATH" | "npx";
}

/**
 * The wrangler of the project, else of the PATH, else through npx the version that we test with.
 * @throws CliError MISSING_PROGRAM when no Node.js here is new enough for it
 */
export async function findWrangler(io: Pick<Io, "env">, dir: string): Promise<WranglerProgram> {
  const node = await nodeFor(dir);
  const nodeDir = path.dirname(node);
  for (let folder = path.resolve(dir); ; folder = path.dirname(folder)) {
    const file = path.join(folder, "node_modules", "wrangler", "bin", "wrangler.js");
    if (await isFile(file)) return { command: node, args: [file], nodeDir, from: "project" };
    if (folder === path.dirname(folder)) break;
  }
  for (const folder of (io.env["PATH"] ?? "").split(path.delimiter).filter((entry) => path.isAbsolute(entry))) {
    const file = path.join(folder, "wrangler");
    if (await isFile(file)) return { command: file, args: [], nodeDir, from: "PATH" };
  }
  return { command: "npx", args: ["--yes", `wrangler@${TESTED_WRANGLER}`], nodeDir, from: "npx" };
}

/** The project's own Node.js, else ours. */
async function nodeFor(dir: string): Promise<string> {
  const { path: installed, version } = await chooseNode(dir);
  const found = [
    { file: installed, version },
    { file: process.execPath, version: process.versions.node },
  ].find((each) => semver.gte(each.version, OLDEST_NODE));
  if (found !== undefined) return found.file;
  throw new CliError("MISSING_PROGRAM", `wrangler needs Node.js ${OLDEST_NODE} or later, and this is ${version}`, {
    hint: "npm install --save-dev node@24 gives the project one of its own, or run edge-ai with a newer one",
  });
}

async function isFile(file: string): Promise<boolean> {
  const stat = await fs.stat(file).catch(() => null);
  return stat?.isFile() === true;
}
