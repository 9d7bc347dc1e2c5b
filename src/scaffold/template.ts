import fs from "node:fs/promises";
import path from "node:path";
import { packageRoot } from "../package-root.ts";

/** The files of a folder below templates/: path with slashes → absolute path. */
export async function templateFiles(folder: string): Promise<Map<string, string>> {
  const dir = path.join(packageRoot(), "templates", folder);
  const entries = await fs.readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !path.relative(dir, file).split(path.sep).includes("node_modules"));
  return new Map(files.toSorted().map((file) => [path.relative(dir, file).replaceAll(path.sep, "/"), file]));
}

/** npm leaves dotfiles out of tarballs, so templates write them with an underscore: `_npmrc` → `.npmrc`. */
export function targetPath(templatePath: string): string {
  return templatePath.replace(/(^|\/)_([^/]+)$/, "$1.$2").replace(/\.hbs$/, "");
}
