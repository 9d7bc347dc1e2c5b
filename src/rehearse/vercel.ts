import fs from "node:fs/promises";
import path from "node:path";
import { buildProject } from "../build/build.ts";
import { readEnvFile } from "../host/env-file.ts";
import { chooseNode } from "../host/node-binary.ts";
import type { Io } from "../io.ts";
import { findVercel } from "../targets/vercel/cli.ts";
import { vercelArgs } from "../targets/vercel/command-lines.ts";
import { vercelTarget } from "../targets/vercel/vercel.ts";
import { copyIfThere } from "./copy-if-there.ts";
import { parseFault } from "./fault-flag.ts";
import type { OpenStage } from "./platform.ts";
import { endpointNames } from "./vercel-api/endpoint-names.ts";
import { faultNames, faultStatuses } from "./vercel-api/faults.ts";
import { teams } from "./vercel-api/teams.ts";
import { startVercelApi, type VercelApi } from "./vercel-api/vercel-api.ts";

/** Accepted by the emulator, and by nobody else. */
const TOKEN = "rehearsal";

/** The real `vercel` program, and an emulated Vercel. @throws CliError USAGE for a fault that there is not */
export function vercelStage(faultTexts: readonly string[]): OpenStage {
  const faults = faultTexts.map((text) => parseFault(text, { endpointNames, faultNames, faultStatuses }));
  return async ({ io, root, projectDir, config, timeoutMs, onProgress }) => {
    const node = (await chooseNode(projectDir)).path;
    const api = await startVercelApi({ token: TOKEN, node, onLog: onProgress, signal: io.signal });
    try {
      for (const fault of faults) api.inject(fault);
      const [dir, globalConfig] = [path.join(root, "app"), path.join(root, "cli")];
      await Promise.all([fs.mkdir(dir), fs.mkdir(globalConfig)]);
      await fs.writeFile(path.join(globalConfig, "config.json"), JSON.stringify({ api: api.url }));
      // What `vercel deploy --prebuilt` reads beside .vercel/output.
      await copyIfThere(projectDir, dir, ["vercel.json", "package.json"]);
      const ownIo = { ...io, env: rehearsalEnv(io.env) };
      const targets = { vercel: { project: null, scope: teams.rehearsal.slug, domain: null } };
      const own = { io: ownIo, projectDir: dir, programDir: projectDir, config: { name: config.name, targets } };
      const target = vercelTarget({ ...own, timeoutMs, globalConfig });
      const { from } = await findVercel(io, projectDir);
      if (from === "npx") onProgress("vercel is not installed here: npx gets it, from its cache or the network");
      return {
        api,
        dir,
        io: ownIo,
        target,
        config,
        cli: { name: "vercel", version: await target.cli.version(), from },
        prepare: async () => {
          const { project, scope } = await target.project.linked();
          await addVariables(api, project, projectDir);
          await target.cli.output(vercelArgs.pull("production", scope));
          return "the project was made, linked and pulled";
        },
        build: async () => {
          const { outputDir: built, buildId } = await buildProject(projectDir, { signal: io.signal });
          const outputDir = path.join(dir, ".vercel", "output");
          await fs.cp(built, outputDir, { recursive: true, verbatimSymlinks: true });
          return { outputDir, buildId };
        },
        stampedFiles,
      };
    } catch (error) {
      await api.close();
      throw error;
    }
  };
}

/** The handlers of the functions. */
async function stampedFiles(outputDir: string): Promise<string[]> {
  const functions = path.join(outputDir, "functions");
  const names = await fs.readdir(functions, { recursive: true });
  return names
    .filter((name) => path.basename(name) === "index.mjs" && path.dirname(name).endsWith(".func"))
    .map((name) => path.join(functions, name));
}

/** Gives a project of the emulator the variables of .env.local, as a person does in its settings. */
async function addVariables(api: VercelApi, project: string, projectDir: string): Promise<void> {
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
