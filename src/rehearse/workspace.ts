import fs from "node:fs/promises";
import path from "node:path";
import { buildProject } from "../build/build.ts";
import type { Config } from "../config/schema.ts";
import { readEnvFile } from "../host/env-file.ts";
import type { Io } from "../io.ts";
import type { Artefact } from "../targets/target.ts";
import { vercelTarget, type VercelTarget } from "../targets/vercel/vercel.ts";
import { teams } from "./vercel-api/teams.ts";
import type { VercelApi } from "./vercel-api/vercel-api.ts";

/** Accepted by the emulator, and by nobody else. */
export const TOKEN = "rehearsal";

/** A folder that stands in for the project: what is deployed and linked, and the CLI's own config. */
export interface Workspace {
  dir: string;
  /** Without the user's own token, project and secret: they have no business in a rehearsal. */
  io: Io;
  target: VercelTarget;
}

/** Makes a workspace in an empty folder. */
export async function makeWorkspace(options: {
  io: Io;
  root: string;
  projectDir: string;
  config: Config;
  api: VercelApi;
  timeoutMs: number | undefined;
}): Promise<Workspace> {
  const { root, projectDir, config, api, timeoutMs } = options;
  const [dir, globalConfig] = [path.join(root, "app"), path.join(root, "cli")];
  await Promise.all([fs.mkdir(dir), fs.mkdir(globalConfig)]);
  await fs.writeFile(path.join(globalConfig, "config.json"), JSON.stringify({ api: api.url }));
  // What `vercel deploy --prebuilt` reads beside .vercel/output.
  const files = ["vercel.json", "package.json"];
  await Promise.all(
    files.map((name) => fs.copyFile(path.join(projectDir, name), path.join(dir, name)).catch(ignoreMissing)),
  );
  const io = { ...options.io, env: rehearsalEnv(options.io.env) };
  const targets = { vercel: { project: null, scope: teams.rehearsal.slug, domain: null } };
  const own = { io, projectDir: dir, programDir: projectDir, config: { name: config.name, targets } };
  return { dir, io, target: vercelTarget({ ...own, timeoutMs, globalConfig }) };
}

/** Builds the project, and copies what was built into the workspace. */
export async function buildInto({ dir, io }: Workspace, projectDir: string): Promise<Artefact> {
  const built = await buildProject(projectDir, { signal: io.signal });
  const outputDir = path.join(dir, ".vercel", "output");
  await fs.cp(built.outputDir, outputDir, { recursive: true, verbatimSymlinks: true });
  return { outputDir, buildId: built.buildId };
}

/** Gives a project of the emulator the variables of .env.local, as a person does in its settings. */
export async function addVariables(api: VercelApi, project: string, projectDir: string): Promise<void> {
  const env = Object.entries(await readEnvFile(projectDir));
  const target = ["production", "preview"];
  const variables = env.map(([key, value]) => ({ key, value, type: "encrypted", target }));
  const response = await fetch(`${api.url}/v10/projects/${project}/env?teamId=${teams.rehearsal.id}`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify(variables),
  });
  if (!response.ok) throw new Error(`the emulator refused the variables of .env.local: HTTP ${response.status}`);
}

function rehearsalEnv(env: Io["env"]): Io["env"] {
  // CI would refuse to link: here it is the rehearsal's own project.
  const own = Object.entries(env).filter(([name]) => !name.startsWith("VERCEL_") && name !== "CI");
  return { ...Object.fromEntries(own), VERCEL_TOKEN: TOKEN };
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
