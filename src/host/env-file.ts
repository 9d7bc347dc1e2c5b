import fs from "node:fs/promises";
import path from "node:path";
import { parseEnv } from "node:util";
import { CliError, messageOf, systemCode } from "../errors.ts";

/**
 * The functions' environment on this machine: the named file, or the project's .env.local when there is one.
 * @throws CliError FILE when the named file cannot be read
 */
export async function readEnvFile(projectDir: string, named?: string): Promise<Record<string, string>> {
  const file = named ?? path.join(projectDir, ".env.local");
  try {
    const parsed = parseEnv(await fs.readFile(file, "utf8"));
    return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, value ?? ""]));
  } catch (error) {
    if (named === undefined && systemCode(error) === "ENOENT") return {};
    throw new CliError("FILE", `${file} cannot be read: ${messageOf(error)}`, {
      hint: "check the file's name and permissions",
      cause: error,
    });
  }
}
