import fs from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { parseJsonc } from "../../jsonc.ts";
import { parseWith } from "../../config/read.ts";
import { CliError, messageOf, systemCode } from "../../errors.ts";

export const WRANGLER_FILE = "wrangler.jsonc";

const wranglerSchema = z.looseObject({
  /** https://developers.cloudflare.com/workers/wrangler/configuration/: lower-case letters, digits and dashes. */
  name: z.string().regex(/^[a-z0-9_][a-z0-9-_]*$/, "is a Worker's name: lower-case letters, digits and dashes"),
  account_id: z.string().optional(),
  compatibility_date: z.iso.date(),
  compatibility_flags: z.array(z.string()).default([]),
  version_metadata: z.looseObject({ binding: z.string() }).optional(),
  workers_dev: z.boolean().optional(),
  preview_urls: z.boolean().optional(),
  routes: z.array(z.unknown()).default([]),
  route: z.unknown().optional(),
  triggers: z.looseObject({ crons: z.array(z.string()).nullish() }).default({}),
  secrets: z.looseObject({ required: z.array(z.string()).default([]) }).default({ required: [] }),
  send_metrics: z.boolean().optional(),
});

/** What of wrangler.jsonc is read here. */
export type WranglerJson = z.output<typeof wranglerSchema>;

/** @throws CliError BAD_CONFIG when there is none, or it is not as wrangler wants it */
export async function readWranglerJson(projectDir: string): Promise<WranglerJson> {
  const file = path.join(projectDir, WRANGLER_FILE);
  let value: unknown;
  try {
    value = parseJsonc(await fs.readFile(file, "utf8"));
  } catch (error) {
    const missing = systemCode(error) === "ENOENT";
    const message = missing ? `there is no ${file}` : `${file} cannot be read: ${messageOf(error)}`;
    const hint = missing ? "edge-ai add cloudflare writes it" : `correct ${WRANGLER_FILE}`;
    throw new CliError("BAD_CONFIG", message, { hint, cause: error });
  }
  return parseWith(wranglerSchema, value, file);
}

/** True when a release has to set crons or routes, which belong to no version. */
export function hasTriggers({ routes, route, triggers }: WranglerJson): boolean {
  return routes.length > 0 || route !== undefined || (triggers.crons ?? []).length > 0;
}
