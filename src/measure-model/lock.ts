import path from "node:path";
import * as z from "zod";
import { parseWith, readJson } from "../config/read.ts";
import { exists } from "../exists.ts";
import type { Measured } from "../plan/types.ts";
import { replaceOwnFile } from "../scaffold/replace-file.ts";

/** What was measured on this machine, in the project's folder. Small, and worth a commit: plans are made from it. */
export const LOCK_FILE = "edge-ai.lock.json";

const positive = z.number().positive();
const count = z.number().int().positive();

const measuredSchema = z.strictObject({
  modelId: z.string().min(1),
  engine: z.string().min(1),
  dtype: z.string().min(1),
  standIn: z.boolean(),
  tokensIn: count,
  tokensOut: z.number().int().nonnegative(),
  concurrency: count,
  p95Ms: positive,
  firstTokenMs: positive.nullable(),
  tokensPerSecond: positive.nullable(),
  cpuMs: z.number().nonnegative(),
  coldStartMs: positive,
  memoryBytes: count,
  bundleBytes: count,
  requests: count,
  machine: z.string().min(1),
  measuredAt: z.iso.datetime(),
}) satisfies z.ZodType<Measured>;

const lockSchema = z.strictObject({ version: z.literal(1), measured: z.array(measuredSchema) });

/**
 * What was measured in a project, in the order of the file.
 * @returns nothing when there is no file
 * @throws CliError BAD_CONFIG with every key of the file that is wrong
 */
export async function readMeasured(projectDir: string): Promise<Measured[]> {
  const file = path.join(projectDir, LOCK_FILE);
  if (!(await exists(file))) return [];
  return parseWith(lockSchema, await readJson(file), file).measured;
}

/**
 * Keeps a measurement. It takes the place of an older one of the same model, files and load.
 * @throws CliError BAD_CONFIG when the file that is there is wrong, FILE when it cannot be written; it stays as it was then
 */
export async function addMeasured(projectDir: string, measured: Measured): Promise<void> {
  const all = await readMeasured(projectDir);
  const at = all.findIndex((each) => sameRun(each, measured));
  const next = at === -1 ? [...all, measured] : all.with(at, measured);
  await replaceOwnFile(projectDir, LOCK_FILE, `${JSON.stringify({ version: 1, measured: next }, null, 2)}\n`);
}

/** What a measurement is of. Another machine or day is not another thing: the newest counts. */
const identity = ["modelId", "engine", "dtype", "tokensIn", "tokensOut", "concurrency"] as const;

function sameRun(a: Measured, b: Measured): boolean {
  return identity.every((key) => a[key] === b[key]);
}
