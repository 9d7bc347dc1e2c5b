import fs from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { parseWith, readJson } from "../../config/read.ts";
import { systemCode } from "../../errors.ts";
import { normalFolder } from "./model-folder.ts";

export const MODELS_LOCK = "models.lock.json";

const lockedFileSchema = z.looseObject({
  path: z.string(),
  bytes: z.number().int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const lockSchema = z.looseObject({
  version: z.literal(1),
  models: z.array(z.looseObject({ id: z.string(), path: z.string(), files: z.array(lockedFileSchema) })),
});

/** Size and hash that a file of a model has to have. */
export type LockedFile = z.infer<typeof lockedFileSchema>;

/**
 * What models.lock.json says of the files in a model's folder; nothing when it does not know the folder.
 * @throws CliError BAD_CONFIG when it cannot be understood
 */
export async function readLockedFiles(projectDir: string, folder: string): Promise<LockedFile[]> {
  const file = path.join(projectDir, MODELS_LOCK);
  try {
    await fs.access(file);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
  const lock = parseWith(lockSchema, await readJson(file), file);
  return lock.models.find((model) => normalFolder(model.path) === normalFolder(folder))?.files ?? [];
}
