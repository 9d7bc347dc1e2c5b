import fs from "node:fs/promises";
import path from "node:path";
import { glob } from "tinyglobby";
import { parseEnvExample } from "../config/env-example.ts";
import { variablesRead } from "../config/env-names.ts";
import { messageOf, systemCode, CliError } from "../errors.ts";

export const ENV_EXAMPLE = ".env.example";

/** The variables that a project's functions read. Names alone, each sorted. */
export interface NeededEnv {
  /** In .env.example as NAME=. */
  required: string[];
  /** In .env.example as # NAME=. */
  optional: string[];
  /** Read by the code, and not in .env.example. */
  unlisted: string[];
}

/** Reads .env.example and the code below api/ and lib/. @throws CliError FILE when .env.example cannot be read */
export async function readNeededEnv(projectDir: string): Promise<NeededEnv> {
  const listed = parseEnvExample(await readExample(path.join(projectDir, ENV_EXAMPLE)));
  const known = new Set([...listed.required, ...listed.optional]);
  const files = await glob(["api/**/*.{ts,mts,cts,js,mjs,cjs}", "lib/**/*.{ts,mts,cts,js,mjs,cjs}"], {
    cwd: projectDir,
  });
  const texts = await Promise.all(files.map((file) => fs.readFile(path.join(projectDir, file), "utf8")));
  const unlisted = texts.flatMap(variablesRead).filter((name) => !known.has(name));
  return { ...listed, unlisted: sorted(unlisted) };
}

async function readExample(file: string): Promise<string> {
  try {
    return await fs.readFile(file, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return "";
    throw new CliError("FILE", `${file} cannot be read: ${messageOf(error)}`, {
      hint: "check its permissions",
      cause: error,
    });
  }
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].toSorted();
}
