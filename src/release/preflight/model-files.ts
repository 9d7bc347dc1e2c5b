import path from "node:path";
import { readFolder } from "../../host/read-folder.ts";
import type { Config } from "../../config/schema.ts";
import { defineCheck, type Problem } from "./check.ts";
import { loadsModel, modelFilesOf, normalFolder } from "./model-folder.ts";
import { faultOf } from "./model-fault.ts";
import { readLockedFiles } from "./models-lock.ts";
import type { LockedFile } from "../../models/models-lock.ts";

/** The weights are there and whole: as models.lock.json says or, without an entry there, as far as one can see. */
export const modelFilesCheck = defineCheck("model files", async ({ dir, config }) => {
  if (!loadsModel(config)) return [];
  const folder = folderOf(config);
  if ("message" in folder) return [folder];
  if ((await readFolder(path.join(dir, folder.path))).length === 0)
    return [
      error(
        `the folder ${folder.path} is missing or empty`,
        `fetch ${modelFilesOf(config).join(", ")}: npx --no-install edge-ai models pull`,
      ),
    ];
  const locked = await readLockedFiles(dir, folder.path);
  const faults = await Promise.all(filesToHave(config, locked).map((file) => inspectFile(dir, folder.path, file)));
  return faults.filter((fault) => fault !== null);
});

interface ExpectedFile {
  name: string;
  locked: LockedFile | undefined;
}

function filesToHave(config: Config, locked: readonly LockedFile[]): ExpectedFile[] {
  const names = new Set<string>([...modelFilesOf(config), ...locked.map((file) => file.path)]);
  return [...names].map((name) => ({ name, locked: locked.find((file) => file.path === name) }));
}

function folderOf({ model }: Config): { path: string } | Problem {
  if (model.path === null)
    return error(
      "model.path is null in edge-ai.json, and in local mode the functions load the model",
      "set model.path",
    );
  const folder = normalFolder(model.path);
  if (folder === ".." || folder.startsWith("../") || path.isAbsolute(folder))
    return error(`model.path ${model.path} leads out of the project`, "move the model into the project, like models/x");
  return { path: folder };
}

async function inspectFile(dir: string, folder: string, { name, locked }: ExpectedFile): Promise<Problem | null> {
  const fault = await faultOf(path.join(dir, folder, name), locked);
  return fault === null ? null : error(`${folder}/${name} ${fault.what}`, fault.hint);
}

function error(message: string, hint: string): Problem {
  return { level: "error", message, hint };
}
