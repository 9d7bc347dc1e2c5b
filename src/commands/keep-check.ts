import { commandSecrets } from "../command-secrets.ts";
import type { TargetName } from "../config/words.ts";
import { knownError } from "../errors.ts";
import { lastCheckFile, lastCheckText } from "../health/last-check.ts";
import type { HealthDocument } from "../health/document.ts";
import { say, type Io } from "../io.ts";
import { readOwnFile, replaceOwnFile } from "../scaffold/replace-file.ts";
import { redactAnswer, secretValues } from "../secrets.ts";

/**
 * Keeps the last health check of a target in the project, for `compare` and `advise`. What was measured is the answer
 * of the command, so a disk that cannot be written to is only told. An interrupted check says too little to be kept.
 */
export async function keepCheck(
  io: Io,
  projectDir: string,
  target: TargetName,
  health: HealthDocument | null,
): Promise<void> {
  if (health === null || health.cause === "interrupted") return;
  try {
    const secrets = [...secretValues(io.env), ...(await commandSecrets({ cwd: projectDir }))];
    const text = redactAnswer(lastCheckText(target, health, new Date()), secrets);
    // Throws when a link stands on the way.
    await readOwnFile(projectDir, lastCheckFile(target));
    await replaceOwnFile(projectDir, lastCheckFile(target), text);
  } catch (error) {
    const known = knownError(error);
    if (known === undefined) throw error;
    say(io, `the result is not kept for edge-ai compare: ${known.message}`);
  }
}
