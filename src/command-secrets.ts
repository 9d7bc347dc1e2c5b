import path from "node:path";
import { readEnvFile } from "./host/env-file.ts";
import { secretValues } from "./secrets.ts";

/** What of a command line says where secrets are. */
export interface SecretSources {
  cwd: string;
  /** The project, when it is named. */
  dir?: string | undefined;
  /** The file with the functions' environment, when it is not the project's .env.local. */
  dotenv?: string | undefined;
  /** "name: value" lines. */
  header?: readonly string[] | undefined;
}

/** The secrets that a command is told, beside those of its environment. */
export async function commandSecrets({ cwd, dir = ".", dotenv, header = [] }: SecretSources): Promise<string[]> {
  const named = dotenv === undefined ? undefined : path.resolve(cwd, dotenv);
  // A file that cannot be read shows nothing; the command that needs it says so.
  const fromFile = await readEnvFile(path.resolve(cwd, dir), named).catch(() => ({}));
  return [...header.flatMap(ofHeader), ...secretValues(fromFile)];
}

function ofHeader(line: string): string[] {
  const [name = "", ...value] = line.split(":");
  return secretValues({ [name]: value.join(":").trim() });
}
