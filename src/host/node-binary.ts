import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { readJson } from "../config/read.ts";
import { messageOf, systemCode } from "../errors.ts";

export interface NodeChoice {
  path: string;
  /** Without the v. */
  version: string;
  warnings: string[];
}

const VERSION_TIMEOUT_MS = 10_000;

/**
 * The Node.js that runs a project's functions: the one it installed (the npm package `node`), else our own.
 * `warnings` says when that is older than `engines.node` asks for, or when the installed one does not work.
 */
export async function chooseNode(projectDir: string, own = ownNode()): Promise<NodeChoice> {
  const warnings: string[] = [];
  const installed = await askVersion(path.join(projectDir, "node_modules", ".bin", "node"), warnings);
  const chosen = installed ?? own;
  const wanted = await wantedMajor(projectDir);
  if (wanted !== undefined && Number.parseInt(chosen.version, 10) < wanted)
    warnings.push(
      `functions run on Node.js ${chosen.version}, package.json asks for ${wanted}: npm install --save-dev node@${wanted}`,
    );
  return { ...chosen, warnings };
}

function ownNode(): { path: string; version: string } {
  return { path: process.execPath, version: process.versions.node };
}

async function askVersion(file: string, warnings: string[]): Promise<{ path: string; version: string } | undefined> {
  try {
    const { stdout } = await promisify(execFile)(file, ["--version"], { timeout: VERSION_TIMEOUT_MS });
    return { path: file, version: stdout.trim().replace(/^v/, "") };
  } catch (error) {
    if (systemCode(error) !== "ENOENT") warnings.push(`${file} does not work: ${messageOf(error)}`);
    return undefined;
  }
}

/** The first number in `engines.node` of package.json: 24 for "24.x", 20 for ">=20.19". */
async function wantedMajor(projectDir: string): Promise<number | undefined> {
  const manifest = await readJson(path.join(projectDir, "package.json")).catch(() => undefined);
  const engines = memberOf(manifest, "engines");
  const range = memberOf(engines, "node");
  const major = typeof range === "string" ? /\d+/.exec(range) : null;
  return major === null ? undefined : Number(major[0]);
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
