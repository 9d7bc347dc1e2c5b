import fs from "node:fs/promises";
import path from "node:path";
import pkg from "../../package.json" with { type: "json" };
import { packageRoot } from "../package-root.ts";
import { BUILT_IN_MODEL } from "./source.ts";

/** The version of the package that the weights come with. */
export const builtInVersion: string = pkg.version;

/** The files of the model that comes with this package: path → content. */
export async function builtInFiles(): Promise<Map<string, Buffer>> {
  const root = path.join(packageRoot(), "templates", "models", BUILT_IN_MODEL);
  const entries = await fs.readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const read = files.map(async (entry): Promise<[string, Buffer]> => {
    const file = path.join(entry.parentPath, entry.name);
    return [path.relative(root, file).split(path.sep).join("/"), await fs.readFile(file)];
  });
  return new Map(await Promise.all(read));
}
