import fs from "node:fs/promises";
import path from "node:path";
import { glob } from "tinyglobby";
import { CliError } from "../errors.ts";
import { runsOnVercel } from "./platform-files.ts";
import { loadFromProject } from "./project-tools.ts";
import { isNeverNeeded, refuseWithoutBinary } from "./prune.ts";
import type { FunctionSettings } from "./vercel-json.ts";

export type Architecture = "x86_64" | "arm64";

/** path inside the function → a file of this machine to copy, or where a symbolic link leads inside the function */
export type FileMap = Map<string, { copyOf: string } | { linkTo: string }>;

/**
 * The files a bundled function needs beside its code: packages with native code, shared libraries, data files.
 * Traced from the bundle, then pruned to what Vercel's machines can run and a function can need.
 * @throws CliError BUILD_FAILED when a file is outside of the project, or an engine has no binary for Vercel's machines
 */
export async function traceFiles(projectDir: string, bundleFile: string, architecture: Architecture): Promise<FileMap> {
  const { nodeFileTrace } = await loadFromProject<typeof import("@vercel/nft")>(projectDir, "@vercel/nft");
  const base = path.parse(projectDir).root;
  const { fileList } = await nodeFileTrace([bundleFile], { base, processCwd: projectDir });
  const found = [...fileList].map((file) => path.join(base, file));
  const traced = found.filter((file) => file !== bundleFile && !isOldBuild(path.relative(projectDir, file)));
  const libraries = await Promise.all(traced.filter((file) => file.endsWith(".node")).map(sharedLibrariesBeside));
  const files: FileMap = new Map();
  for (const file of [...traced, ...libraries.flat()]) {
    const inside = placeOf(projectDir, file);
    if (!runsOnVercel(inside, architecture) || isNeverNeeded(inside) || isLocalEnv(inside)) continue;
    if (!(await fs.lstat(file)).isSymbolicLink()) files.set(inside, { copyOf: file });
    else {
      const leadsTo = placeOf(projectDir, await fs.realpath(file));
      // A linked node_modules lands where it is expected anyway; pnpm's links between packages are made again.
      if (leadsTo !== inside) files.set(inside, { linkTo: path.posix.relative(path.posix.dirname(inside), leadsTo) });
    }
  }
  refuseWithoutBinary(new Set(files.keys()), architecture);
  return files;
}

/**
 * The files that `includeFiles` of vercel.json asks for, without what `excludeFiles` names.
 * @throws CliError BUILD_FAILED when the pattern matches nothing: a function without its weights only fails later
 */
export async function includedFiles(
  projectDir: string,
  entry: string,
  { includeFiles, excludeFiles }: FunctionSettings,
): Promise<FileMap> {
  if (includeFiles === undefined) return new Map();
  const found = await glob(includeFiles, {
    cwd: projectDir,
    dot: true,
    ignore: excludeFiles === undefined ? [] : [excludeFiles],
    expandDirectories: false,
  });
  // It holds the place of a folder in git, and of the weights that are not there yet.
  const names = found.filter((name) => path.basename(name) !== ".gitkeep" && !isLocalEnv(name));
  if (names.length === 0) {
    throw new CliError("BUILD_FAILED", `${entry} needs ${includeFiles}, and no file matches that`, {
      hint: "put the files there (a model's: npx --no-install edge-ai models pull), or correct includeFiles in vercel.json",
    });
  }
  const files = names.map((name) => path.join(projectDir, name));
  return new Map(files.map((file) => [placeOf(projectDir, file), { copyOf: file }]));
}

/** A tracer that meets a path it cannot work out takes every file of that name: in older builds there are some, too. */
function isOldBuild(file: string): boolean {
  return /^\.(vercel|edge-ai)[\\/]/.test(file);
}

/** A machine's own environment, which Vercel's CLI does not upload either, whatever pattern matches it. */
function isLocalEnv(file: string): boolean {
  return /^\.env(?:\..+)?\.local$/.test(path.posix.basename(file));
}

/** Where a file goes in the function: as in the project; a package from further up, into node_modules. */
function placeOf(projectDir: string, file: string): string {
  const relative = path.relative(projectDir, file).replaceAll(path.sep, "/");
  if (!relative.startsWith("../")) return relative;
  const at = `${relative}/`.indexOf("node_modules/");
  if (at === -1) {
    throw new CliError("BUILD_FAILED", `a function reads ${file}, which is outside of the project`, {
      hint: "move the file into the project",
    });
  }
  return relative.slice(at);
}

async function sharedLibrariesBeside(addon: string): Promise<string[]> {
  const dir = path.dirname(addon);
  const names = await fs.readdir(dir);
  return names.filter((name) => /\.so(\.\d+)*$/.test(name)).map((name) => path.join(dir, name));
}
