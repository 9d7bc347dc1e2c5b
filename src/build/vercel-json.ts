import path from "node:path";
import * as z from "zod";
import { parseWith, readJson } from "../config/read.ts";
import { CliError, systemCode } from "../errors.ts";
import fs from "node:fs/promises";

/**
 * What the builder reads of vercel.json. Limits: the validator of Vercel CLI 58.4.4 and 60.1.3 (2026-11-23); the
 * platform checks maxDuration against the plan.
 */
const functionSchema = z.strictObject({
  maxDuration: z.union([z.number().int().min(1).max(3600), z.literal("max")]).optional(),
  regions: z.array(z.string()).optional(),
  functionFailoverRegions: z.array(z.string()).optional(),
  includeFiles: z.string().max(256).optional(),
  excludeFiles: z.string().max(256).optional(),
  supportsCancellation: z.boolean().optional(),
  architecture: z.enum(["x86_64", "arm64"]).optional(),
  maxConcurrency: z.number().int().min(1).max(8192).optional(),
  runtime: z
    .never({ error: 'is for community runtimes; choose Node.js with engines.node in package.json ("24.x")' })
    .optional(),
  memory: z.never({ error: "cannot be set under Fluid compute; set it in the project's settings" }).optional(),
});

/** Keys that other parts of the platform read; the builder passes them by. */
export const vercelJsonSchema = z.looseObject({
  functions: z.record(z.string().max(256), functionSchema).default({}),
  rewrites: z.array(z.looseObject({ source: z.string(), destination: z.string() })).optional(),
  redirects: z.array(z.looseObject({ source: z.string(), destination: z.string() })).optional(),
  headers: z
    .array(z.looseObject({ source: z.string(), headers: z.array(z.object({ key: z.string(), value: z.string() })) }))
    .optional(),
  cleanUrls: z.boolean().optional(),
  trailingSlash: z.boolean().optional(),
  regions: z.array(z.string()).optional(),
  functionFailoverRegions: z.array(z.string()).optional(),
  crons: z
    .array(z.strictObject({ path: z.string().startsWith("/").max(512), schedule: z.string().min(9).max(256) }))
    .default([]),
  builds: z.never({ error: "is the legacy way; use functions" }).optional(),
  routes: z.never({ error: "is the legacy way; use rewrites, redirects and headers" }).optional(),
});

export type FunctionSettings = z.infer<typeof functionSchema>;
export type VercelJson = z.infer<typeof vercelJsonSchema>;

/** Reads vercel.json; without one, everything is at its default. @throws CliError BAD_CONFIG with every problem at once */
export async function readVercelJson(projectDir: string): Promise<VercelJson> {
  const file = path.join(projectDir, "vercel.json");
  try {
    await fs.access(file);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw new CliError("BAD_CONFIG", `${file} cannot be read`, { cause: error });
    return parseWith(vercelJsonSchema, {}, file);
  }
  return parseWith(vercelJsonSchema, await readJson(file), file);
}
