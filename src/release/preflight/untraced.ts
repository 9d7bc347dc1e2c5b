import { posix } from "node:path";
import picomatch from "picomatch";
import { settingsOf } from "../../build/functions.ts";
import type { FunctionSettings } from "../../build/vercel-json.ts";
import { defineCheck, type Problem } from "./check.ts";
import { findModelUsers } from "./model-users.ts";
import { loadsModel, modelFilesOf, normalFolder } from "./model-folder.ts";
import { lacksSkipLine, NPMRC, SKIP_LINE } from "./npmrc.ts";
import type { Project } from "./project.ts";

/** No bundler sees that a function reads weights: they come along only when vercel.json names them. */
export const untracedCheck = defineCheck("weights and native files", async (project) => [
  ...(await weightsLeftBehind(project)),
  ...(await nativeDownloads(project)),
]);

async function weightsLeftBehind({ dir, config, vercelJson, functions }: Project): Promise<Problem[]> {
  if (!loadsModel(config) || config.model.path === null || vercelJson === null) return [];
  const folder = normalFolder(config.model.path);
  const modelFiles = modelFilesOf(config);
  const left = new Map(functions.map((file) => [file, notIncluded(folder, modelFiles, settingsOf(file, vercelJson))]));
  const users = await findModelUsers(dir, functions);
  if (users.length === 0) {
    // Which function it is cannot be seen, so one that has everything is enough.
    const isSomewhere = functions.length === 0 || [...left.values()].some((names) => names.length === 0);
    return isSomewhere ? [] : [leftBehind("no function has in its includeFiles", folder, modelFiles)];
  }
  return users
    .map((file) => ({ file, names: left.get(file) ?? [] }))
    .filter(({ names }) => names.length > 0)
    .map(({ file, names }) => leftBehind(`${file} loads the model, and its includeFiles lacks`, folder, names));
}

function leftBehind(what: string, folder: string, names: readonly string[]): Problem {
  return {
    level: "error",
    message: `vercel.json: ${what} ${names.map((name) => `${folder}/${name}`).join(", ")}`,
    hint: `set "includeFiles": "${folder}/**" for the function`,
  };
}

/** The model's files that a function's settings do not bring. */
function notIncluded(
  folder: string,
  modelFiles: readonly string[],
  { includeFiles, excludeFiles }: FunctionSettings,
): string[] {
  return modelFiles.filter((name) => {
    const file = posix.join(folder, name);
    return !matches(file, includeFiles) || matches(file, excludeFiles);
  });
}

function matches(file: string, pattern: string | undefined): boolean {
  return pattern !== undefined && picomatch.isMatch(file, pattern, { dot: true });
}

async function nativeDownloads(project: Project): Promise<Problem[]> {
  if (!(await lacksSkipLine(project))) return [];
  return [
    {
      level: "warning",
      message: `${NPMRC} lacks ${SKIP_LINE}: onnxruntime-node downloads CUDA libraries when it is installed`,
      hint: "add that line (edge-ai doctor --fix does)",
    },
  ];
}
