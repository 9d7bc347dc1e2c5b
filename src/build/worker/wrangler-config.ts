import fs from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { parseWith } from "../../config/read.ts";
import { CliError, messageOf, systemCode } from "../../errors.ts";
import { parseJsonc } from "../../jsonc.ts";
import { workersCron } from "../../workers-cron.ts";
import type { VercelJson } from "../vercel-json.ts";

const FILE = "wrangler.jsonc";

/** What the builder reads of wrangler.jsonc; the rest goes to wrangler as it is. */
const wranglerSchema = z.looseObject({
  name: z.string().min(1),
  compatibility_date: z.iso.date(),
  compatibility_flags: z.array(z.string()).default([]),
  assets: z.looseObject({}).default({}),
  triggers: z.looseObject({ crons: z.array(z.string()).optional() }).default({}),
});

export type WranglerConfig = z.infer<typeof wranglerSchema>;

/** The Worker's main module in an output folder. */
export const MAIN = "worker.js";
/** Its files that everybody can fetch. */
export const ASSETS = "assets";
/** What wrangler is run with there. */
export const WRANGLER_JSON = "wrangler.json";
/** Paths of functions: no file is looked for. */
const WORKER_FIRST = ["/api/*"];

/** Reads wrangler.jsonc. @throws CliError BAD_CONFIG when there is none, or it is wrong */
export async function readWranglerConfig(projectDir: string): Promise<WranglerConfig> {
  const file = path.join(projectDir, FILE);
  try {
    return parseWith(wranglerSchema, parseJsonc(await fs.readFile(file, "utf8")), file);
  } catch (error) {
    if (error instanceof CliError) throw error;
    const isMissing = systemCode(error) === "ENOENT";
    throw new CliError("BAD_CONFIG", isMissing ? `there is no ${file}` : `${file}: ${messageOf(error)}`, {
      hint: isMissing ? "make it: edge-ai add cloudflare" : `correct ${FILE}`,
      cause: error,
    });
  }
}

/**
 * The configuration that an output brings: the project's, with the places of this output and the schedules of vercel.json.
 * `build` is left out, or wrangler would build again.
 */
export function outputConfig(config: WranglerConfig, vercelJson: VercelJson): object {
  const { build: _, ...rest } = config;
  const crons = [...new Set(vercelJson.crons.map(({ schedule }) => workersCron(schedule)))];
  return {
    ...rest,
    $schema: undefined,
    main: MAIN,
    no_bundle: true,
    // Or wrangler would upload the scripts among the files as modules of the Worker.
    find_additional_modules: false,
    assets: { run_worker_first: WORKER_FIRST, ...config.assets, directory: `./${ASSETS}` },
    triggers: { ...config.triggers, crons },
  };
}

/** Schedules that wrangler.jsonc has and vercel.json has not: nobody would know which path they are for. */
export function cronWarnings(config: WranglerConfig, vercelJson: VercelJson): string[] {
  const known = new Set(vercelJson.crons.map(({ schedule }) => workersCron(schedule)));
  return (config.triggers.crons ?? [])
    .filter((cron) => !known.has(cron))
    .map((cron) => `${FILE}: the cron "${cron}" calls nothing; crons of vercel.json say which path they are for`);
}
