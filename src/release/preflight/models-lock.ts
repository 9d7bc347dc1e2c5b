import { readModelsLock, type LockedFile } from "../../models/models-lock.ts";
import { normalFolder } from "./model-folder.ts";

/**
 * What models.lock.json says of the files in a model's folder; nothing when it does not know the folder.
 * @throws CliError BAD_CONFIG when it cannot be understood
 */
export async function readLockedFiles(projectDir: string, folder: string): Promise<LockedFile[]> {
  const models = await readModelsLock(projectDir);
  return models.find((model) => normalFolder(model.path) === normalFolder(folder))?.files ?? [];
}
