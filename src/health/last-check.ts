import fs from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { parseWith, readJson } from "../config/read.ts";
import type { Config } from "../config/schema.ts";
import { targetNames, type TargetName } from "../config/words.ts";
import { CliError, systemCode } from "../errors.ts";
import { healthDocumentSchema, type HealthDocument } from "./document.ts";

/**
 * The last health check of each target of a project, in .edge-ai/health/<target>.json: what `compare` shows as measured,
 * and what `advise` begins with. Like all of .edge-ai it is a memory aid that git ignores, and that a CI runner forgets.
 */

const lastCheckSchema = z.strictObject({
  version: z.literal(1),
  target: z.enum(targetNames),
  checkedAt: z.iso.datetime(),
  health: healthDocumentSchema,
});

export type LastCheck = z.infer<typeof lastCheckSchema>;

const FOLDER = ".edge-ai/health";

/** The file of a target, relative to the project. */
export function lastCheckFile(target: TargetName): string {
  return `${FOLDER}/${target}.json`;
}

/** The text of that file. The document has to be without secrets (see `masked`). */
export function lastCheckText(target: TargetName, health: HealthDocument, now: Date): string {
  const check: LastCheck = { version: 1, target, checkedAt: now.toISOString(), health };
  return `${JSON.stringify(check, null, 2)}\n`;
}

/**
 * The last checks of a project, newest first; none in a project that was never checked.
 * @throws CliError BAD_CONFIG for a file that is not what `lastCheckText` writes, FILE when the folder is none
 */
export async function readLastChecks(projectDir: string): Promise<LastCheck[]> {
  const names: string[] = await fs.readdir(path.join(projectDir, FOLDER)).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return [];
    if (systemCode(error) === "ENOTDIR") {
      throw new CliError("FILE", `${FOLDER} cannot be read: it, or .edge-ai, is not a folder`, {
        hint: "move what is there out of the way",
        cause: error,
      });
    }
    throw error;
  });
  const files = targetNames.map((name) => path.basename(lastCheckFile(name))).filter((name) => names.includes(name));
  const checks = await Promise.all(files.map((name) => readLastCheck(path.join(projectDir, FOLDER, name))));
  return checks.toSorted((a, b) => b.checkedAt.localeCompare(a.checkedAt));
}

async function readLastCheck(file: string): Promise<LastCheck> {
  return parseWith(lastCheckSchema, await readJson(file), file);
}

/**
 * A health check out of a file: what `healthcheck --json` printed, or what a project keeps.
 * @returns target and date where the file has them
 * @throws CliError BAD_CONFIG
 */
export async function readHealthFile(
  file: string,
): Promise<{ health: HealthDocument; target: TargetName | null; checkedAt: string | null }> {
  const value = await readJson(file);
  const isKept = typeof value === "object" && value !== null && "health" in value;
  if (isKept) return parseWith(lastCheckSchema, value, file);
  return { health: parseWith(healthDocumentSchema, value, file), target: null, checkedAt: null };
}

const HOSTS_OF = { vercel: /\.vercel\.(?:app|sh)$/, cloudflare: /\.(?:workers|pages)\.dev$/ } as const;

/**
 * Which target of a project a URL belongs to: by its address, else the default target where an app of ours answered
 * there. null: it is not known to be one of the project's.
 */
export function targetOfUrl(
  url: string,
  { target, targets }: Pick<Config, "target" | "targets">,
  { isOurs }: { isOurs: boolean },
): TargetName | null {
  const { hostname, host } = new URL(url);
  if (/^(?:localhost|127\.[\d.]+|\[::1\])$/.test(hostname)) return "local";
  if (HOSTS_OF.vercel.test(hostname) || host === targets.vercel?.domain) return "vercel";
  if (HOSTS_OF.cloudflare.test(hostname)) return "cloudflare";
  return isOurs && target !== "local" ? target : null;
}
