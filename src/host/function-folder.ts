import { constants } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { CliError, systemCode } from "../errors.ts";
import type { NodeFunction } from "./output-functions.ts";

type Mapped = Pick<NodeFunction, "name" | "config">;

/** True when `file` is below `root`. Both are absolute; nothing is read. */
export function isInside(root: string, file: string): boolean {
  const relative = path.relative(root, file);
  return relative !== "" && !path.isAbsolute(relative) && relative.split(path.sep)[0] !== "..";
}

/** @throws CliError BAD_CONFIG when an entry of `filePathMap` leaves the function's or the project's folder */
export function checkFilePathMap({ name, config }: Mapped, projectDir: string): void {
  for (const [inFunction, inProject] of Object.entries(config.filePathMap)) {
    if (!isInside("/function", path.resolve("/function", inFunction))) throw escapes(name, inFunction, "the function");
    if (!isInside(projectDir, path.resolve(projectDir, inProject))) throw escapes(name, inProject, "the project");
  }
}

/**
 * Makes the folder a function runs in: a copy of its .func and of the files that `filePathMap` names. A file the
 * build did not trace is missing here as it would be on the platform.
 */
export async function makeFunctionFolder(fn: NodeFunction, projectDir: string, folder: string): Promise<void> {
  await fs.cp(fn.folder, folder, {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
  });
  const root = await fs.realpath(folder);
  for (const [inFunction, inProject] of Object.entries(fn.config.filePathMap)) {
    const target = path.join(root, inFunction);
    if (!isInside(root, await realPathSoFar(target))) throw escapes(fn.name, inFunction, "the function");
    await fs.mkdir(path.dirname(target), { recursive: true });
    await fs.cp(path.join(projectDir, inProject), target, {
      recursive: true,
      dereference: true,
      mode: constants.COPYFILE_FICLONE,
    });
  }
}

/** The path with the links of the part that exists followed: a link inside a .func could lead out of it. */
async function realPathSoFar(file: string): Promise<string> {
  try {
    await fs.lstat(file);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    return path.join(await realPathSoFar(path.dirname(file)), path.basename(file));
  }
  return fs.realpath(file);
}

function escapes(name: string, file: string, what: string): CliError {
  return new CliError("BAD_CONFIG", `filePathMap of ${name} names ${file}, which is outside ${what}'s folder`, {
    hint: "run edge-ai build",
  });
}
