import fs from "node:fs/promises";
import path from "node:path";
import { CliError } from "../errors.ts";

const MAX_CHARACTERS = 500;
/** Folders of code, packages and pages. Upper case is the same on macOS and Windows. */
const RESERVED: ReadonlySet<string> = new Set(["node_modules", "api", "lib", "public", "src"]);
const NOT_A_NAME: ReadonlySet<string> = new Set(["", ".", ".."]);

/** True for a path below a folder, in a Hub's spelling: no way up, no root, nothing that Windows takes for one. */
export function isInside(file: string): boolean {
  // A NUL ends a path for the system, and a line break forges a line of output.
  const isStrange =
    file.length > MAX_CHARACTERS || /[\\:]/.test(file) || Array.from(file).some((letter) => letter < " ");
  return !isStrange && !file.split("/").some((part) => NOT_A_NAME.has(part));
}

/** @throws CliError PLATFORM when a file's name, which somebody else wrote, leads out of the model's folder */
export function assertInside(file: string, source: string): void {
  if (isInside(file)) return;
  throw new CliError("PLATFORM", `${source} names a file ${JSON.stringify(file)}, which leads out of the folder`, {
    hint: "do not use this model: no honest one has such a file",
  });
}

/** True when a part of a path begins with a dot: .git, .npmrc, .env are settings of tools, and never weights. */
export function isHidden(file: string): boolean {
  return file.split("/").some((part) => part.startsWith("."));
}

/**
 * A folder below the project for a model. What names it may have come with somebody's code.
 * @throws CliError BAD_CONFIG as realFolder, and when it is a folder of settings, code, packages or pages
 */
export async function modelFolder(projectDir: string, folder: string): Promise<string> {
  const normal = await realFolder(projectDir, folder);
  if (!isHidden(normal) && !RESERVED.has(normal.split("/")[0]?.toLowerCase() ?? "")) return normal;
  throw new CliError("BAD_CONFIG", `${folder} is no folder for weights: they would get among settings or code`, {
    hint: "set the model's path in edge-ai.json, or in models.lock.json, to something like models/x",
  });
}

/**
 * A folder below the project that can be written to.
 * @throws CliError BAD_CONFIG when it leads out of the project or over a symbolic link: a bundle takes real files only
 */
export async function realFolder(projectDir: string, folder: string): Promise<string> {
  const normal = path.posix.normalize(folder.replaceAll("\\", "/")).replace(/\/$/, "");
  if (!isInside(normal)) {
    throw new CliError("BAD_CONFIG", `the model's folder ${folder} leads out of the project`, {
      hint: "set model.path in edge-ai.json to something like models/x",
    });
  }
  const parts = normal.split("/");
  for (const at of parts.keys()) {
    const below = parts.slice(0, at + 1).join("/");
    const stat = await fs.lstat(path.join(projectDir, below)).catch(() => null);
    if (stat?.isSymbolicLink() === true) {
      throw new CliError("BAD_CONFIG", `${below} is a symbolic link, and weights are only put into real folders`, {
        hint: `remove the link: rm ${below}`,
      });
    }
  }
  return normal;
}
