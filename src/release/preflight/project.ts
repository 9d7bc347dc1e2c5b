import fs from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { findFunctions } from "../../build/functions.ts";
import { readVercelJson, type VercelJson } from "../../build/vercel-json.ts";
import { readConfig, readJson } from "../../config/read.ts";
import type { Config } from "../../config/schema.ts";
import type { TargetName } from "../../config/words.ts";
import { CliError } from "../../errors.ts";
import type { Io } from "../../io.ts";
import type { Environment } from "../../targets/target.ts";
import { vercelTarget, type VercelTarget } from "../../targets/vercel/vercel.ts";

/** A project as the checks see it. What could not be read is null or empty here, and a finding of the check that reads it. */
export interface Project {
  io: Io;
  /** Absolute. */
  dir: string;
  targetName: TargetName;
  /** What it is about to be deployed as. */
  environment: Environment;
  config: Config | null;
  /** What Vercel can be asked with; null for other targets, and without a config. */
  vercel: VercelTarget | null;
  vercelJson: VercelJson | null;
  /** Entry files below api/, like "api/embeddings.ts". */
  functions: readonly string[];
  manifest: Manifest;
}

const record = z.record(z.string(), z.unknown()).catch({});
const manifestSchema = z
  .looseObject({ scripts: record, dependencies: record, devDependencies: record, optionalDependencies: record })
  .catch({ scripts: {}, dependencies: {}, devDependencies: {}, optionalDependencies: {} });

/** What the checks read of package.json; nothing in it when the file cannot be read. */
type Manifest = z.output<typeof manifestSchema>;

/**
 * Reads a project for its checks, whatever state it is in.
 * @param asked.targetName default: the one of edge-ai.json, then vercel
 * @param asked.environment default: production
 * @param asked.vercel one that has asked Vercel already
 * @throws CliError FILE when there is no such folder
 */
export async function openProject(
  io: Io,
  dir: string,
  asked: { targetName?: TargetName | undefined; environment?: Environment; vercel?: VercelTarget } = {},
): Promise<Project> {
  const isFolder = await fs.stat(dir).then(
    (stat) => stat.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new CliError("FILE", `there is no folder ${dir}`, { hint: "name the folder of a project" });
  const [config, vercelJson, functions, manifest] = await Promise.all([
    orElse(readConfig(dir), null),
    orElse(readVercelJson(dir), null),
    orElse(entryFiles(dir), []),
    orElse(readJson(path.join(dir, "package.json")), {}),
  ]);
  const targetName = asked.targetName ?? config?.target ?? "vercel";
  const askable = targetName === "vercel" && config !== null;
  return {
    io,
    dir,
    targetName,
    environment: asked.environment ?? "production",
    config,
    vercel: asked.vercel ?? (askable ? vercelTarget({ io, projectDir: dir, config }) : null),
    vercelJson,
    functions,
    manifest: manifestSchema.parse(manifest),
  };
}

/** True when package.json names a package as something that is installed. */
export function dependsOn({ manifest }: Project, name: string): boolean {
  return [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies].some((list) => name in list);
}

/** Found without the patterns of vercel.json, so that a wrong one does not hide the functions. */
async function entryFiles(dir: string): Promise<string[]> {
  const found = await findFunctions(dir, { functions: {}, crons: [] });
  return found.map(({ file }) => file);
}

async function orElse<T, F>(reading: Promise<T>, fallback: F): Promise<T | F> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof CliError) return fallback;
    throw error;
  }
}
