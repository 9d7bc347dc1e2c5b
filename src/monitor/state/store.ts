import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { parseWith } from "../../config/read.ts";
import type { TargetName } from "../../config/words.ts";
import { CliError, messageOf, systemCode } from "../../errors.ts";
import { readOwnFile } from "../../scaffold/replace-file.ts";
import { monitorStateSchema, type MonitorState } from "./schema.ts";

const FOLDER = ".edge-ai/monitor";

/** The file of a target, relative to the project; a URL that was named has one of its own. */
export function stateFile(target: TargetName, url?: string): string {
  if (url === undefined) return `${FOLDER}/${target}.json`;
  return `${FOLDER}/url-${createHash("sha256").update(url).digest("hex").slice(0, 12)}.json`;
}

/**
 * What the last round left; null before the first one.
 * @throws CliError FILE when it cannot be read: who begins anew forgets open incidents, and that is for a person to decide
 */
export async function readState(projectDir: string, file: string): Promise<MonitorState | null> {
  const text = await readOwnFile(projectDir, file);
  if (text === null) return null;
  try {
    return parseWith(monitorStateSchema, JSON.parse(text), file);
  } catch (error) {
    throw new CliError("FILE", `the state of the monitor cannot be read: ${file}: ${messageOf(error)}`, {
      hint: `to begin anew: mv ${file} ${file}.bad (alerts in it that were not sent are lost, and what still lasts is told again)`,
      cause: error,
    });
  }
}

/**
 * Writes the state, whole or not at all, also when the machine loses its power. Whoever calls it holds the lock: the name
 * aside is always the same, so that a process that was killed leaves one file at most.
 * @throws CliError FILE when it cannot be written
 */
export async function writeState(projectDir: string, file: string, state: MonitorState): Promise<void> {
  const to = path.join(projectDir, file);
  const next = `${to}.next`;
  try {
    await fs.mkdir(path.dirname(to), { recursive: true });
    const handle = await fs.open(next, "w", 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(state)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(next, to);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw new CliError("FILE", `${to} cannot be written: ${messageOf(error)}`, {
      hint: "check permissions and free space",
      cause: error,
    });
  }
}
