import { randomUUID } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { parseWith, readJson } from "../config/read.ts";
import { exists } from "../exists.ts";
import { isHidden, isInside } from "./safe-path.ts";

export const MODELS_LOCK = "models.lock.json";

const insideSchema = z.string().refine(isInside, "leads out of the folder");

const lockedFileSchema = z.looseObject({
  path: insideSchema.refine((file) => !isHidden(file), "begins with a dot").describe("below the model's folder"),
  from: insideSchema.optional().describe("its name at the source, when that is another"),
  bytes: z.number().int().min(0),
  sha256: z.hash("sha256"),
});

/** They become parts of addresses and of npm's command line: a lock that came with somebody's code is not believed. */
const HUB = /^(?:npm:(?:@\w[\w.-]*\/)?\w[\w.-]*|\w[\w.-]*\/\w[\w.-]*)$/;

const lockedModelSchema = z.looseObject({
  id: z.string().min(1),
  path: z.string().min(1).describe("folder, relative to the project"),
  hub: z.string().regex(HUB, "is no owner/name and no npm:package").optional(),
  revision: z
    .string()
    .regex(/^\w[\w.+-]*$/, "is no commit and no version")
    .optional()
    .describe("commit on the Hub, or version of the package"),
  dtype: z.string().min(1).optional(),
  files: z.array(lockedFileSchema),
});

const lockSchema = z.looseObject({ version: z.literal(1), models: z.array(lockedModelSchema) });

export type LockedFile = z.infer<typeof lockedFileSchema>;
export type LockedModel = z.infer<typeof lockedModelSchema>;

/** The models that models.lock.json holds; none without it. @throws CliError BAD_CONFIG when it cannot be understood */
export async function readModelsLock(projectDir: string): Promise<LockedModel[]> {
  const file = path.join(projectDir, MODELS_LOCK);
  return (await exists(file)) ? parseWith(lockSchema, await readJson(file), file).models : [];
}

/**
 * Puts a model into models.lock.json, in the place of what was locked for its folder. Whoever reads the file meanwhile
 * finds the old or the new one.
 * @returns false when it was there as it is, and nothing was written
 */
export async function lockModel(projectDir: string, model: LockedModel): Promise<boolean> {
  const models = await readModelsLock(projectDir);
  const at = models.findIndex((each) => path.posix.normalize(each.path) === path.posix.normalize(model.path));
  if (at >= 0 && JSON.stringify(models[at]) === JSON.stringify(model)) return false;
  const changed = at < 0 ? [...models, model] : models.with(at, model);
  const file = path.join(projectDir, MODELS_LOCK);
  const own = `${file}.${randomUUID()}`;
  try {
    await fs.writeFile(own, `${JSON.stringify({ version: 1, models: changed }, null, 2)}\n`);
    await fs.rename(own, file);
  } finally {
    await fs.rm(own, { force: true });
  }
  return true;
}
