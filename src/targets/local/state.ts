import fs from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { parseWith, readJson } from "../../config/read.ts";
import { CliError, systemCode } from "../../errors.ts";

const UNFINISHED = ".tmp";

const recordSchema = z.strictObject({
  id: z.string(),
  buildId: z.string(),
  createdAt: z.string(),
  environment: z.enum(["preview", "production"]),
  knownGood: z.string().nullable(),
  /** Loopback port of its own; null when it is only on disk. */
  port: z.number().nullable(),
});

const stateSchema = z.strictObject({
  version: z.literal(1),
  /** null after `stop`. May be stale: a killed supervisor cannot write. */
  supervisor: z.strictObject({ pid: z.number(), startedAt: z.string(), socket: z.string() }).nullable(),
  productionPort: z.number(),
  current: z.string().nullable(),
  /** Oldest first. */
  deployments: z.array(recordSchema),
});

/** What the supervisor knows, as .edge-ai/local/state.json. Only the supervisor writes it. */
export type LocalState = z.infer<typeof stateSchema>;
export type DeploymentRecord = z.infer<typeof recordSchema>;

/** Reads the state; null when there has never been one. @throws CliError BAD_CONFIG when it cannot be understood */
export async function readState(file: string): Promise<LocalState | null> {
  try {
    await fs.access(file);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
  try {
    return parseWith(stateSchema, await readJson(file), file);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const hint = `end the supervisor if one runs, and remove ${file}: it is written anew, without the deployments so far`;
    throw new CliError(error.code, error.message, { hint, cause: error });
  }
}

/** Replaces the state in one step: whoever reads, and whatever dies, sees the old one or the new one, whole. */
export async function writeState(file: string, state: LocalState): Promise<void> {
  await fs.mkdir(path.dirname(file), { recursive: true });
  const next = `${file}.${process.pid}${UNFINISHED}`;
  try {
    const handle = await fs.open(next, "w");
    try {
      await handle.writeFile(`${JSON.stringify(state, null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(next, file);
  } catch (error) {
    await fs.rm(next, { force: true });
    throw error;
  }
}

/** Removes what supervisors that were killed while writing have left. Only for the one that has the port. */
export async function removeUnfinished(file: string): Promise<void> {
  const dir = path.dirname(file);
  const names = (await fs.readdir(dir)).filter(
    (name) => name.startsWith(`${path.basename(file)}.`) && name.endsWith(UNFINISHED),
  );
  await Promise.all(names.map((name) => fs.rm(path.join(dir, name), { force: true })));
}
