import type { Config } from "../config/schema.ts";
import { checkHealth } from "../health/check.ts";
import { planHealth } from "../health/plan.ts";
import { readEnvFile } from "../host/env-file.ts";
import { startHost } from "../host/host.ts";
import { chooseNode } from "../host/node-binary.ts";
import type { Artefact } from "../targets/target.ts";

export interface Refusal {
  cause: string;
  message: string;
  hint: string;
}

const REQUESTS_PER_PROBE = 3;

/**
 * Runs the very artefact on this machine, each function from a copy that holds nothing else, before anybody uploads it.
 * Functions that call a paid endpoint are started but not asked.
 * @returns why it cannot be released, or null
 */
export async function smoke(
  projectDir: string,
  config: Config,
  { outputDir, buildId }: Artefact,
  signal: AbortSignal,
): Promise<Refusal | null> {
  const log: string[] = [];
  const host = await startHost({
    outputDir,
    projectDir,
    port: 0,
    env: await readEnvFile(projectDir),
    node: (await chooseNode(projectDir)).path,
    environment: "preview",
    onLog: (line) => log.push(line),
    signal,
  });
  try {
    const failures = await host.startAll();
    if (failures.length > 0) {
      return {
        cause: "function-failed",
        message: failures.map(({ name, message }) => `${name} cannot start: ${message}`).join("; "),
        hint: lastLines(log),
      };
    }
    const plan = planHealth(config);
    const probes = config.mode === "local" ? plan.probes : [];
    const load = { ...plan.load, requests: Math.max(1, probes.length * REQUESTS_PER_PROBE), ratePerSecond: 20 };
    const health = await checkHealth({ ...plan, limits: [], load, url: host.url, expectBuild: buildId, signal });
    signal.throwIfAborted();
    if (health.verdict === "fail" && health.cause !== undefined) {
      return { cause: health.cause, message: health.message ?? health.cause, hint: health.hint ?? lastLines(log) };
    }
    const [error] = Object.entries(health.measurement.errorsByCause);
    if (error === undefined || config.mode !== "local") return null;
    return { cause: error[0], message: `a probe failed in isolation: ${error[1].first}`, hint: lastLines(log) };
  } finally {
    await host.close();
  }
}

function lastLines(log: readonly string[]): string {
  return log.length === 0 ? "run edge-ai dev to see more" : `the functions said: ${log.slice(-3).join(" | ")}`;
}
