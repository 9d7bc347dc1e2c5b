import path from "node:path";
import { MAX_FUNCTION_BYTES } from "../build/build.ts";
import { findFunctions, type FunctionSource } from "../build/functions.ts";
import { readVercelJson } from "../build/vercel-json.ts";
import { CONFIG_FILE, readConfig } from "../config/read.ts";
import type { Config } from "../config/schema.ts";
import type { EngineName } from "../data/engines.ts";
import { CliError } from "../errors.ts";
import { exists } from "../exists.ts";
import type { Subject } from "./subject.ts";

/** A project with a function that can run the model. */
export interface Project {
  dir: string;
  config: Config;
  /** Folder of the weights from the project, as the function reads it. */
  modelPath: string;
  fn: FunctionSource;
}

/** What a function needs of node_modules, and what builds it. */
const packages: Record<EngineName, readonly string[]> = {
  onnx: ["onnxruntime-node", "@huggingface/tokenizers", "esbuild", "@vercel/nft"],
  gguf: ["node-llama-cpp", "esbuild", "@vercel/nft"],
};

const engineOf: Partial<Record<Subject["task"], EngineName>> = { embeddings: "onnx", classify: "onnx", chat: "gguf" };

/**
 * The project in a folder, and its function for the task.
 * @throws CliError BAD_CONFIG when there is no project or none with such a function, MISSING_PROGRAM when packages are
 * missing, NO_TEMPLATE for weights that our functions do not run, TOO_LARGE for those that none can hold; each says what to do
 */
export async function openProject(dir: string, { modelId, task, engine, weightsBytes }: Subject): Promise<Project> {
  if (engineOf[task] !== engine) {
    throw new CliError("NO_TEMPLATE", `edge-ai has no function for ${task} that runs ${engine} weights (${modelId})`, {
      hint: "take a model for another --task",
    });
  }
  // Before gigabytes are made up for a build that is refused.
  if (weightsBytes >= MAX_FUNCTION_BYTES) {
    const found = `the weights of ${modelId} have ${weightsBytes} bytes, at or over the ${MAX_FUNCTION_BYTES} of a function`;
    throw new CliError("TOO_LARGE", `${found}: it cannot be built, nor measured`, {
      hint: "take a smaller model; edge-ai plan without --measure names the nearest",
    });
  }
  const create = `make one: npx create-edge-ai my-app --task ${task} --mode local --model ${modelId}`;
  if (!(await exists(path.join(dir, CONFIG_FILE)))) {
    throw new CliError(
      "BAD_CONFIG",
      `--measure runs the model in a project's function: there is no ${CONFIG_FILE} in ${dir}`,
      {
        hint: `run it in a project, or ${create}`,
      },
    );
  }
  const config = await readConfig(dir);
  if (config.task !== task || config.mode !== "local" || config.model.path === null) {
    const what = `its task is ${config.task} and its mode ${config.mode}`;
    throw new CliError("BAD_CONFIG", `no function of this project runs a model for ${task} itself: ${what}`, {
      hint: create,
    });
  }
  const functions = await findFunctions(dir, await readVercelJson(dir));
  const fn = functions.find(({ route }) => route === `api/${task}`);
  if (fn === undefined) {
    throw new CliError("BAD_CONFIG", `there is no api/${task}.ts in ${dir}`, { hint: `npx edge-ai add ${task}` });
  }
  const modelPath = pathInside(dir, config.model.path);
  await refuseMissing(dir, packages[engine]);
  return { dir, config, modelPath, fn };
}

/** The folder from the project. @throws CliError BAD_CONFIG when it leads out: weights are put there, in a copy */
function pathInside(dir: string, folder: string): string {
  const inside = path.relative(dir, path.resolve(dir, folder));
  if (inside !== "" && inside.split(path.sep)[0] !== ".." && !path.isAbsolute(inside)) return inside;
  throw new CliError("BAD_CONFIG", `the model's folder ${folder} leads out of the project`, {
    hint: `set model.path in ${CONFIG_FILE} to something like models/x`,
  });
}

async function refuseMissing(dir: string, names: readonly string[]): Promise<void> {
  const found = await Promise.all(names.map((name) => isInstalled(dir, name)));
  const missing = names.filter((_, at) => found[at] !== true);
  if (missing.length === 0) return;
  throw new CliError(
    "MISSING_PROGRAM",
    `${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} not installed in ${dir}`,
    {
      hint: "run npm install there",
    },
  );
}

/** Looked for as Node.js does, in this folder and above; asking its resolver would need to know what a package exports. */
async function isInstalled(dir: string, name: string): Promise<boolean> {
  if (await exists(path.join(dir, "node_modules", name, "package.json"))) return true;
  const parent = path.dirname(dir);
  return parent !== dir && isInstalled(parent, name);
}
