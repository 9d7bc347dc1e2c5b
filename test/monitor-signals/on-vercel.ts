// A folder linked to the emulated Vercel, for what asks through the real `vercel` program.
import fs from "node:fs/promises";
import path from "node:path";
import { onTestFinished } from "vitest";
import { parseConfig } from "../../src/config/read.ts";
import type { Config } from "../../src/config/schema.ts";
import type { Io } from "../../src/io.ts";
import type { VercelApi } from "../../src/rehearse/vercel-api/vercel-api.ts";
import { ioOf } from "../models/io.ts";
import { tempDir, writeTree } from "../temp.ts";
import { createProject, deploy, promote, release } from "../rehearse/client.ts";
import { vercelEnv } from "../targets/vercel.ts";

export const CONFIG = {
  version: 1,
  name: "app",
  task: "embeddings",
  mode: "local",
  target: "vercel",
  model: { id: "m" },
  latencyBudgetMs: 1_000,
  targets: { vercel: { scope: "rehearsal" } },
};

const HEALTH = `export const GET = () => Response.json(
  { version: 1, status: "ok", buildId: "one", modelId: "m", mode: "local", task: "embeddings" },
  { headers: { "cache-control": "no-store" } },
);`;

export interface Linked {
  io: Io;
  projectDir: string;
  config: Config;
  projectId: string;
}

/** A linked project of that emulator, whose production is one release; what the bin and the CLI need is in `io.env`. */
export async function linkedProject(api: VercelApi, token = "rehearsal"): Promise<Linked> {
  const projectId = await createProject(api);
  const made = { target: "production", autoAssignCustomDomains: false, meta: { buildId: "one" } };
  await promote(api, await deploy(api, release("one", HEALTH), made));
  const projectDir = await tempDir("edge-ai-signals");
  await writeTree(projectDir, {
    "edge-ai.json": JSON.stringify(CONFIG),
    ".vercel/project.json": JSON.stringify({ projectId, orgId: "team_rehearsal" }),
  });
  await fs.symlink(path.resolve("node_modules"), path.join(projectDir, "node_modules"), "dir");
  const { dir, env } = await vercelEnv(api);
  onTestFinished(() => fs.rm(dir, { recursive: true, force: true }));
  const io = ioOf(projectDir, { ...process.env, ...env, VERCEL_TOKEN: token });
  return { io, projectDir, config: parseConfig(CONFIG), projectId };
}
