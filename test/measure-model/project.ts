// A project with a model of its own, as create-edge-ai makes it, with our installed packages.
import fs from "node:fs/promises";
import path from "node:path";
import type { Task } from "../../src/config/words.ts";
import { templateClosure } from "../../src/scaffold/closure.ts";
import { optionsFile, routes, type OptionName } from "../../src/scaffold/parts.ts";
import { vercelFunctions } from "../../src/scaffold/route-config.ts";
import { writeTree } from "../temp.ts";

interface ProjectSettings {
  task: Exclude<Task, "image">;
  modelId: string;
  /** Puts the weights into a folder; without it there are none. */
  writeModel?: (dir: string) => Promise<unknown>;
  /** What stands before the model. */
  options?: readonly OptionName[];
  /** More of edge-ai.json. */
  config?: object;
}

/** Makes the project in an empty folder. */
export async function makeProject(dir: string, settings: ProjectSettings): Promise<void> {
  const { task, modelId, writeModel, options = [], config = {} } = settings;
  const modelPath = `models/${modelId}`;
  const files = [routes[task].file, routes.health.file, ...options.map((name) => `lib/${name}.ts`)];
  const code = await templateClosure(files, "local");
  const texts = [...code.files].map(async ([inside, file]) => [inside, await fs.readFile(file, "utf8")] as const);
  await writeTree(dir, {
    ...Object.fromEntries(await Promise.all(texts)),
    "lib/options.ts": optionsFile("0.0.0", options),
    "package.json": JSON.stringify({ type: "module", engines: { node: "24.x" } }),
    "vercel.json": JSON.stringify({ functions: vercelFunctions([task, "health"], { mode: "local", modelPath }) }),
    "edge-ai.json": JSON.stringify({
      version: 1,
      name: "measured",
      task,
      mode: "local",
      model: { id: modelId, path: modelPath },
      latencyBudgetMs: 1_000,
      ...config,
    }),
  });
  await fs.symlink(path.resolve("node_modules"), path.join(dir, "node_modules"), "dir");
  if (writeModel === undefined) return;
  await fs.mkdir(path.join(dir, modelPath), { recursive: true });
  await writeModel(path.join(dir, modelPath));
}

/** The model that comes with our templates. */
export async function copyUseLite(dir: string): Promise<void> {
  await fs.cp("templates/models/use-lite", dir, { recursive: true });
}

/** Every file of a project with its text, without packages. */
export async function contentsOf(dir: string): Promise<Record<string, string>> {
  const entries = await fs.readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const own = files.map((file) => path.relative(dir, file)).filter((file) => !file.startsWith("node_modules"));
  return Object.fromEntries(
    await Promise.all(own.map(async (file) => [file, await fs.readFile(path.join(dir, file), "latin1")] as const)),
  );
}
