import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { CliError } from "../errors.ts";

/**
 * Loads a build tool that the project brings as a devDependency, so that `npx create-edge-ai` stays one small download.
 * @throws CliError MISSING_PROGRAM when the project has not installed it
 */
export async function loadFromProject<T>(projectDir: string, name: string): Promise<T> {
  let file: string;
  try {
    file = createRequire(path.join(projectDir, "package.json")).resolve(name);
  } catch (error) {
    throw new CliError("MISSING_PROGRAM", `${name} is not installed in ${projectDir}`, {
      hint: `run npm install there (npm install --save-dev ${name} when package.json does not name it)`,
      cause: error,
    });
  }
  const loaded: unknown = await import(pathToFileURL(file).href);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the caller names the type of a package the template pins
  return loaded as T;
}
