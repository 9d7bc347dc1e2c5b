import fs from "node:fs/promises";
import path from "node:path";
import { glob } from "tinyglobby";
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

/** What the platform sets, and what our builder does. */
const OWN = /^(VERCEL($|_)|NODE_ENV$|NODE_VERSION$|EDGE_AI_BUILD_ID$|AWS_|CF_|TZ$|PATH$|HOME$|TMPDIR$|CI$|LANG$|PORT$)/;
const LISTED = /^\s*(?<comment>#\s*)?(?:export\s+)?(?<name>[A-Za-z_]\w*)\s*=/;
const READ = /process\.env(?:\.([A-Za-z_]\w*)|\[\s*["'`]([A-Za-z_]\w*)["'`]\s*\])/g;
const TAKEN_APART = /\{([^{}]*)\}\s*=\s*process\.env\b/g;

/** Reads .env.example and the code below api/ and lib/. @throws CliError FILE when .env.example cannot be read */
export async function readNeededEnv(projectDir: string): Promise<NeededEnv> {
  const listed = parseEnvExample(await readExample(path.join(projectDir, ENV_EXAMPLE)));
  const known = new Set([...listed.required, ...listed.optional]);
  const files = await glob(["api/**/*.{ts,mts,cts,js,mjs,cjs}", "lib/**/*.{ts,mts,cts,js,mjs,cjs}"], {
    cwd: projectDir,
  });
  const texts = await Promise.all(files.map((file) => fs.readFile(path.join(projectDir, file), "utf8")));
  const unlisted = texts.flatMap(namesRead).filter((name) => !known.has(name) && !OWN.test(name));
  return { ...listed, unlisted: sorted(unlisted) };
}

/** The names in the text of a .env.example. */
export function parseEnvExample(text: string): Pick<NeededEnv, "required" | "optional"> {
  const lines = text.split(/\r?\n/).flatMap((line) => {
    const groups = LISTED.exec(line)?.groups;
    return groups === undefined ? [] : [{ name: groups["name"] ?? "", isOptional: groups["comment"] !== undefined }];
  });
  const namesOf = (optional: boolean): string[] =>
    sorted(lines.filter(({ isOptional }) => isOptional === optional).map(({ name }) => name));
  const required = namesOf(false);
  return { required, optional: namesOf(true).filter((name) => !required.includes(name)) };
}

/** The variables that a source file reads by name. */
export function namesRead(source: string): string[] {
  const single = [...source.matchAll(READ)].map(([, dotted, quoted]) => dotted ?? quoted ?? "");
  const several = [...source.matchAll(TAKEN_APART)].flatMap(([, list = ""]) => list.split(","));
  // `{ A, B: b = "x", ...rest }`: what is read is the name before the colon or the default.
  return [...single, ...several.flatMap((part) => /^\s*([A-Za-z_]\w*)/.exec(part)?.[1] ?? [])];
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
