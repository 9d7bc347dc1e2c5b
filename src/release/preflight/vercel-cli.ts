import path from "node:path";
import semver from "semver";
import * as z from "zod";
import { readJson } from "../../config/read.ts";
import { findVercel, OLDEST_CLI, TESTED_CLI, VercelCli } from "../../targets/vercel/cli.ts";
import { defineCheck, type Problem } from "./check.ts";
import type { Project } from "./project.ts";

const PIN = `npm install --save-dev --save-exact vercel@${TESTED_CLI}`;
const versionSchema = z.looseObject({ version: z.string() });

/** The `vercel` program is there, new enough, and the same on every machine. */
export const vercelCliCheck = defineCheck("Vercel CLI", async (project): Promise<Problem[]> => {
  if (project.targetName !== "vercel") return [];
  const { command, from } = await findVercel(project.io, project.dir);
  if (from === "npx") {
    const message = `the Vercel CLI is not installed: npx vercel@${TESTED_CLI} is used, which needs the network`;
    return [{ level: "warning", message, hint: PIN }];
  }
  const installed = from === "project" ? await installedVersion(command) : null;
  const version = installed ?? (await new VercelCli(project.io, project.dir).version());
  return [...tooOld(version), ...unpinned(project, from, version)];
});

function tooOld(version: string | null): Problem[] {
  if (version === null || semver.gte(version, OLDEST_CLI)) return [];
  const message = `Vercel CLI ${version} is older than ${OLDEST_CLI}, the oldest that a release can be driven with`;
  return [{ level: "error", message, hint: PIN, code: "MISSING_PROGRAM" }];
}

function unpinned({ manifest }: Project, from: "project" | "PATH", version: string | null): Problem[] {
  const wanted = manifest.devDependencies["vercel"] ?? manifest.dependencies["vercel"];
  if (from === "project" && typeof wanted === "string" && semver.valid(wanted) !== null) return [];
  const pinned = typeof wanted === "string" ? `is ${JSON.stringify(wanted)} in package.json` : "is not in package.json";
  const what = from === "PATH" ? "is the one of this machine" : pinned;
  const message = `the Vercel CLI (${version ?? "unknown version"}) ${what}: another machine may have another one`;
  return [{ level: "warning", message, hint: PIN }];
}

/** node_modules/.bin/vercel → the version in node_modules/vercel/package.json; null when that is elsewhere. */
async function installedVersion(command: string): Promise<string | null> {
  const file = path.join(path.dirname(path.dirname(command)), "vercel", "package.json");
  const manifest = await readJson(file).catch(() => null);
  return semver.valid(versionSchema.safeParse(manifest).data?.version);
}
