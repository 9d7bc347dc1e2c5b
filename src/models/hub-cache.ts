import { randomUUID } from "node:crypto";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import * as z from "zod";
import { infoSchema, type HubInfo } from "./hub-api.ts";
import type { ListedFile } from "./weight-files.ts";

/** What the Hub said of a model, and when. */
export interface HubRecord {
  repository: string;
  /** The Hub that said it. */
  endpoint: string;
  /** yyyy-mm-dd */
  fetchedOn: string;
  info: HubInfo;
  /** config.json, as it is; null without one. */
  config: unknown;
  files: ListedFile[];
}

const recordSchema = z.object({
  version: z.literal(1),
  repository: z.string(),
  endpoint: z.string(),
  fetchedOn: z.iso.date(),
  info: infoSchema,
  config: z.unknown(),
  files: z.array(z.object({ path: z.string(), bytes: z.number() })),
});

type Env = Readonly<Record<string, string | undefined>>;

/** What was kept of a model, from this Hub; null when there is nothing that can be understood. */
export async function readCached(env: Env, endpoint: string, repository: string): Promise<HubRecord | null> {
  try {
    const record = recordSchema.parse(JSON.parse(await fs.readFile(cacheFile(env, repository), "utf8")));
    return record.endpoint === endpoint && record.repository === repository ? record : null;
  } catch {
    // A cache that cannot be read is like none.
    return null;
  }
}

/** Keeps it for when there is no network. Failing to is not worth a word. */
export async function writeCached(env: Env, record: HubRecord): Promise<void> {
  const file = cacheFile(env, record.repository);
  const own = `${file}.${randomUUID()}`;
  try {
    await fs.mkdir(path.dirname(file), { recursive: true });
    // Models may be private: what is said of them is nobody else's.
    await fs.writeFile(own, JSON.stringify({ version: 1, ...record }), { mode: 0o600 });
    await fs.rename(own, file);
  } catch {
    await fs.rm(own, { force: true });
  }
}

function cacheFile(env: Env, repository: string): string {
  const xdg = env["XDG_CACHE_HOME"] ?? "";
  const home = path.isAbsolute(xdg) ? xdg : path.join(env["HOME"] ?? os.homedir(), ".cache");
  return path.join(home, "edge-ai", "hub", `${repository.toLowerCase().replace("/", "--")}.json`);
}
