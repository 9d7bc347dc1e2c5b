import { readWorkerOutput } from "../build/worker/read-output.ts";
import { CliError } from "../errors.ts";
import { checkIdentity } from "../health/check-identity.ts";
import { readEnvFile } from "../host/env-file.ts";
import { startWorkerd, type WorkerdHost } from "../host/workerd/workerd.ts";
import type { Artefact } from "../targets/target.ts";
import type { Refusal } from "./smoke.ts";

const LINES_SHOWN = 3;

/**
 * Runs the very Worker on this machine, in the workerd of the project's wrangler, with the variables of .env.local, and asks who
 * it is. Apps on Workers have their model elsewhere, and what is paid for is not asked.
 * @returns why it cannot be released, or null
 * @throws CliError BAD_CONFIG when there is no whole output, MISSING_PROGRAM without wrangler
 */
export async function smokeWorker(
  projectDir: string,
  { outputDir, buildId }: Artefact,
  signal: AbortSignal,
): Promise<Refusal | null> {
  const log: string[] = [];
  const output = await readWorkerOutput(outputDir);
  const vars = await readEnvFile(projectDir);
  signal.throwIfAborted();
  let worker: WorkerdHost;
  try {
    worker = await startWorkerd({
      ...output,
      vars,
      // No version is known before the upload: the Worker then says its build id.
      versionId: null,
      miniflareFrom: projectDir,
      port: 0,
      onLog: (line) => log.push(line),
    });
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== "BUILD_FAILED") throw error;
    return { cause: "function-failed", message: error.message, hint: error.hint ?? hintOf(log) };
  }
  try {
    const stranger = await checkIdentity({ url: worker.url, headers: {}, expectBuild: buildId, signal });
    signal.throwIfAborted();
    return stranger && { cause: stranger.cause, message: stranger.message, hint: stranger.hint ?? hintOf(log) };
  } finally {
    await worker.close();
  }
}

function hintOf(log: readonly string[]): string {
  return log.length === 0 ? "run wrangler dev to see more" : `the Worker said: ${log.slice(-LINES_SHOWN).join(" | ")}`;
}
