// Small real projects for the checks of a deploy, with this repository's own packages.
import fs from "node:fs/promises";
import path from "node:path";
import { PassThrough } from "node:stream";
import type { TargetName } from "../../../src/config/words.ts";
import type { Io } from "../../../src/io.ts";
import type { Check, Finding } from "../../../src/release/preflight/check.ts";
import { openProject, type Project } from "../../../src/release/preflight.ts";
import { tempDir, writeTree } from "../../temp.ts";

/** TypeScript 5, which the templates pin; this repository's own is 7. It comes with @vercel/node. */
const TYPESCRIPT_5 = path.resolve("node_modules/@vercel/node/node_modules/typescript");

export const config = {
  version: 1,
  name: "app",
  task: "embeddings",
  mode: "local",
  target: "vercel",
  model: { id: "m", revision: null, path: "models/m" },
  latencyBudgetMs: 300,
};

/** Every check passes on these; a test breaks one of them. */
export const goodFiles: Record<string, string> = {
  "package.json": '{"type":"module","engines":{"node":">=22"},"scripts":{"bundle":"edge-ai build"}}',
  "edge-ai.json": JSON.stringify(config),
  "vercel.json": '{"functions":{"api/a.ts":{"includeFiles":"models/m/**"}}}',
  "api/a.ts": "export default { fetch: () => new Response('x') };",
  "public/index.html": "<h1>",
  "models/m/config.json": "{}",
  "models/m/tokenizer.json": "{}",
  "models/m/tokenizer_config.json": "{}",
  "models/m/onnx/model_quantized.onnx": "weights",
};

/** Nobody is logged in to Vercel: no test of a check asks the real one. */
const { VERCEL_TOKEN: _token, VERCEL_ORG_ID: _org, VERCEL_PROJECT_ID: _project, ...env } = process.env;
const loggedOut = { ...env, HOME: "/nonexistent", XDG_DATA_HOME: "/nonexistent" };

export const io = (signal = new AbortController().signal): Io => ({
  stdin: new PassThrough(),
  stdout: new PassThrough(),
  stderr: new PassThrough(),
  env: loggedOut,
  cwd: process.cwd(),
  signal,
});

/** Writes a project: the good files with these changes. A file that is null is left out. */
export async function writeProject(changes: Record<string, string | null> = {}): Promise<string> {
  const dir = await tempDir("edge-ai-preflight ü");
  const files = Object.entries({ ...goodFiles, ...changes });
  await writeTree(dir, Object.fromEntries(files.filter((file): file is [string, string] => file[1] !== null)));
  return dir;
}

/** Runs one check on a project. */
export async function findingsOf(check: Check, dir: string, target?: TargetName): Promise<Finding[]> {
  return check.run(await projectAt(dir, target));
}

export async function projectAt(dir: string, target?: TargetName): Promise<Project> {
  return openProject(io(), dir, { targetName: target });
}

/** Links packages of this repository into a project, as npm would install them. */
export async function linkPackages(dir: string, names: readonly string[]): Promise<void> {
  await fs.mkdir(path.join(dir, "node_modules/.bin"), { recursive: true });
  for (const name of names) {
    const to = path.join(dir, "node_modules", name);
    await fs.mkdir(path.dirname(to), { recursive: true });
    await fs.symlink(name === "typescript" ? TYPESCRIPT_5 : path.resolve("node_modules", name), to, "dir");
    if (name === "typescript") await fs.symlink("../typescript/bin/tsc", path.join(dir, "node_modules/.bin/tsc"));
    if (name === "node") await fs.symlink("../node/bin/node", path.join(dir, "node_modules/.bin/node"));
  }
}
