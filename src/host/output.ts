import fs from "node:fs/promises";
import path from "node:path";
import { CliError } from "../errors.ts";
import { parseWith, readJson } from "../config/read.ts";
import { readFunctions, type FunctionEntry } from "./output-functions.ts";
import { outputConfigSchema, type OutputConfig } from "./output-schema.ts";
import { compileRoutes, type RouteTable } from "./route-table.ts";
import type { StaticFile } from "./static-file.ts";
import { contentTypeOf } from "./content-types.ts";
import { readFolder } from "./read-folder.ts";
import { isInside } from "./function-folder.ts";

export type OutputEntry = StaticFile | FunctionEntry;

/** A `.vercel/output` folder that was read: what answers which path, and its routes. */
export interface Output {
  /** By path without the first slash; the root is "". */
  entries: ReadonlyMap<string, OutputEntry>;
  table: RouteTable;
  warnings: string[];
}

/**
 * Reads a Build Output v3 folder. What can be asked for is fixed here, so a request cannot leave the folder.
 * @throws CliError BAD_CONFIG when it is missing or not valid
 */
export async function readOutput(outputDir: string, projectDir: string): Promise<Output> {
  try {
    const file = path.join(outputDir, "config.json");
    const config = parseWith(outputConfigSchema, await readJson(file), file);
    const { table, warnings } = compileRoutes(config.routes);
    const functions = await readFunctions(path.join(outputDir, "functions"), projectDir);
    const statics = await readStatics(path.join(outputDir, "static"), config.overrides, [projectDir, outputDir]);
    return { entries: index([...statics.files, ...functions]), table, warnings: [...warnings, ...statics.warnings] };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw new CliError(error.code, error.message, { hint: "run edge-ai build", cause: error });
  }
}

/** What answers a percent-encoded path; one slash at the end does not count. */
export function findEntry({ entries }: Output, encodedPath: string): OutputEntry | undefined {
  try {
    return entries.get(decodeURIComponent(encodedPath).replace(/^\//, "").replace(/\/$/, ""));
  } catch {
    // Not valid percent-encoding: no file has such a name.
    return undefined;
  }
}

/** The first entry of a path wins, and a path of its own wins over an index: files come before functions. */
function index(found: [key: string, entry: OutputEntry][]): Map<string, OutputEntry> {
  const entries = new Map<string, OutputEntry>();
  const add = (key: string, entry: OutputEntry) => void (entries.has(key) || entries.set(key, entry));
  for (const [key, entry] of found) add(key, entry);
  for (const [key, entry] of found) {
    const folder = /^(?:(.*)\/)?index(?:\.html)?$/.exec(key);
    if (folder !== null) add(folder[1] ?? "", entry);
  }
  return entries;
}

async function readStatics(dir: string, overrides: OutputConfig["overrides"], roots: string[]) {
  const files: [string, StaticFile][] = [];
  const warnings: string[] = [];
  for (const file of await listFiles(dir)) {
    const name = path.relative(dir, file).replaceAll(path.sep, "/");
    const real = await fs.realpath(file);
    const inside = await Promise.all(roots.map(async (root) => isInside(await fs.realpath(root), real)));
    if (!inside.includes(true)) {
      warnings.push(`static/${name} is a link out of the project and is not served`);
      continue;
    }
    const override = overrides[name];
    const contentType = override?.contentType ?? contentTypeOf(name);
    files.push([override?.path ?? name, { kind: "static", file, contentType }]);
  }
  return { files, warnings };
}

/** Files and links to files below a folder. A link to a folder, or to nothing, is not a file. */
async function listFiles(dir: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readFolder(dir)) {
    const full = path.join(dir, entry.name);
    if (entry.isDirectory()) files.push(...(await listFiles(full)));
    else if (entry.isFile() || (await fs.stat(full).catch(() => undefined))?.isFile() === true) files.push(full);
  }
  return files;
}
