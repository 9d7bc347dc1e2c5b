// A small project that is released on the emulated Vercel API by the built bin, through the real `vercel` program.
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { startVercelApi, type VercelApi, type VercelApiOptions } from "../../src/rehearse/vercel-api/vercel-api.ts";
import { writeTree } from "../temp.ts";
import { writeProject, type TestProject, type Variant } from "./fixture.ts";

/** Shared, since the `vercel` program takes twice as long to start without. */
const compileCache = path.join(os.tmpdir(), "edge-ai-tests-compile-cache");
const launcher = path.resolve(import.meta.dirname, "../../dist/launcher.js");
export const SECRET = "bypassSecretOfTheProject";
export const TOKEN = "tokenOfTheRehearsal";

export interface OnVercel extends AsyncDisposable {
  api: VercelApi;
  project: TestProject;
  /** What a bin that is not run by `project` needs. */
  env: Readonly<Record<string, string>>;
}

/** What the bin needs in its environment to talk to the emulator and to nobody else. */
export async function vercelEnv(api: VercelApi): Promise<{ dir: string; env: Record<string, string> }> {
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai-cli-"));
  await writeTree(dir, { "com.vercel.cli/config.json": JSON.stringify({ api: api.url }) });
  return { dir, env: { XDG_DATA_HOME: dir, VERCEL_TOKEN: TOKEN, CI: "", NODE_COMPILE_CACHE: compileCache } };
}

/** Starts an emulator and makes a project for it, with nothing deployed. */
export async function makeOnVercel(
  variant: Variant = {},
  options: Omit<VercelApiOptions, "env"> & {
    /** Of the bin. */
    env?: Record<string, string>;
    /** Of what is deployed. */
    functionsEnv?: Record<string, string>;
  } = {},
): Promise<OnVercel> {
  const { env: extra = {}, functionsEnv = {}, ...apiOptions } = options;
  // A token's default team is not the project's: every command has to name its scope.
  const api = await startVercelApi({
    token: TOKEN,
    defaultTeam: "other-team",
    clock: { buildStepMs: 20, aliasMs: 50 },
    launcher,
    env: functionsEnv,
    ...apiOptions,
  });
  const { dir, env } = await vercelEnv(api);
  const port = Number(new URL(api.productionUrl).port);
  const project = await writeProject(variant, { target: "vercel", port, env: { ...env, ...extra } });
  return {
    api,
    project,
    env,
    async [Symbol.asyncDispose]() {
      await project[Symbol.asyncDispose]();
      await api.close();
      await fs.rm(dir, { recursive: true, force: true });
    },
  };
}
