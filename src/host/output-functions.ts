import fs from "node:fs/promises";
import path from "node:path";
import { parseWith, readJson } from "../config/read.ts";
import { checkFilePathMap } from "./function-folder.ts";
import { functionConfigSchema, type FunctionConfig } from "./output-schema.ts";
import { readFolder } from "./read-folder.ts";

export interface NodeFunction {
  kind: "function";
  /** Like "api/chat": its path without the first slash. */
  name: string;
  /** The .func folder, with links followed. */
  folder: string;
  handler: string;
  config: FunctionConfig;
}

/** A function that does not run here, and the sentence that says why. */
interface UnsupportedFunction {
  kind: "unsupported";
  name: string;
  reason: string;
}

export type FunctionEntry = NodeFunction | UnsupportedFunction;

/** Reads every `*.func` below a folder. @throws CliError BAD_CONFIG for a .vc-config.json that is not valid */
export async function readFunctions(functionsDir: string, projectDir: string): Promise<[string, FunctionEntry][]> {
  const folders = await listFunctionFolders(functionsDir);
  return Promise.all(
    folders.map(async (folder) => {
      const name = path
        .relative(functionsDir, folder)
        .replaceAll(path.sep, "/")
        .replace(/\.func$/, "");
      const file = path.join(folder, ".vc-config.json");
      const config = parseWith(functionConfigSchema, await readJson(file), file);
      // `vercel build` makes links for functions that are the same.
      const entry = toEntry(name, await fs.realpath(folder), config);
      if (entry.kind === "function") checkFilePathMap(entry, projectDir);
      return [name, entry] satisfies [string, FunctionEntry];
    }),
  );
}

function toEntry(name: string, folder: string, config: FunctionConfig): FunctionEntry {
  const { runtime, handler, launcherType } = config;
  const unsupported = (reason: string): UnsupportedFunction => ({ kind: "unsupported", name, reason });
  if (runtime === "edge")
    return unsupported(
      `${name} uses the edge runtime, which does not run here: remove runtime: "edge" from its config`,
    );
  if (!/^nodejs\d+\.x$/.test(runtime))
    return unsupported(`${name} uses the runtime ${runtime}: only Node.js functions run here`);
  if (launcherType !== "Nodejs" || handler === undefined)
    return unsupported(`${name} is a raw Lambda handler: only functions with launcherType "Nodejs" run here`);
  return { kind: "function", name, folder, handler, config };
}

async function listFunctionFolders(dir: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readFolder(dir)) {
    const full = path.join(dir, entry.name);
    if (entry.name.endsWith(".func")) found.push(full);
    else if (entry.isDirectory()) found.push(...(await listFunctionFolders(full)));
  }
  return found;
}
