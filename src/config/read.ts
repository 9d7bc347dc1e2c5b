import fs from "node:fs/promises";
import path from "node:path";
import type * as z from "zod";
import { CliError, messageOf, systemCode } from "../errors.ts";
import { configSchema, type Config } from "./schema.ts";

export const CONFIG_FILE = "edge-ai.json";

/**
 * Reads and checks edge-ai.json in a project folder.
 * @throws CliError BAD_CONFIG with every problem of the file at once
 */
export async function readConfig(projectDir: string): Promise<Config> {
  const file = path.join(projectDir, CONFIG_FILE);
  return parseConfig(await readJson(file), file);
}

/** unknown → Config. @throws CliError BAD_CONFIG with every problem at once */
export function parseConfig(value: unknown, file = CONFIG_FILE): Config {
  return parseWith(configSchema, value, file);
}

/** Checks a value against a schema. @throws CliError BAD_CONFIG with every problem at once */
export function parseWith<S extends z.ZodType>(schema: S, value: unknown, file: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const lines = result.error.issues.map(
    (issue) => `${issue.path.length === 0 ? "(top)" : issue.path.join(".")}: ${issue.message}`,
  );
  throw new CliError(
    "BAD_CONFIG",
    `${file} has ${lines.length === 1 ? "a problem" : `${lines.length} problems`}\n${lines.map((line) => `  ${line}`).join("\n")}`,
    {
      hint: `correct ${file}`,
    },
  );
}

/** Reads a JSON file. @throws CliError BAD_CONFIG when it is missing, unreadable or not JSON */
export async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await fs.readFile(file, "utf8");
  } catch (error) {
    const missing = systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR";
    throw new CliError("BAD_CONFIG", missing ? `there is no ${file}` : `${file} cannot be read: ${messageOf(error)}`, {
      hint: missing ? "run this in a project made by create-edge-ai" : "check the file's permissions",
      cause: error,
    });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new CliError("BAD_CONFIG", `${file} is not valid JSON: ${messageOf(error)}`, {
      hint: `correct ${file}`,
      cause: error,
    });
  }
}
