import fs from "node:fs/promises";
import path from "node:path";
import { parseEnvExample } from "../../config/env-example.ts";
import { readEnvFile } from "../../host/env-file.ts";
import type { WranglerJson } from "./wrangler-json.ts";

/** What a release takes along: the values of .env.local that wrangler.jsonc requires or .env.example names. */
export async function releaseSecrets(
  projectDir: string,
  { secrets: { required } }: WranglerJson,
): Promise<Record<string, string>> {
  const [values, example] = await Promise.all([readEnvFile(projectDir), readExample(projectDir)]);
  const names = new Set([...required, ...example.required, ...example.optional]);
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => names.has(name) && value !== ""));
}

/** Writes them for --secrets-file: all in the one upload, never one by one. @returns the file; null without secrets */
export async function writeSecrets(folder: string, secrets: Readonly<Record<string, string>>): Promise<string | null> {
  if (Object.keys(secrets).length === 0) return null;
  const file = path.join(folder, "secrets.json");
  await fs.writeFile(file, JSON.stringify(secrets), { mode: 0o600, flag: "wx" });
  return file;
}

async function readExample(projectDir: string): Promise<ReturnType<typeof parseEnvExample>> {
  return parseEnvExample(await fs.readFile(path.join(projectDir, ".env.example"), "utf8").catch(() => ""));
}
