import type { Config } from "../config/schema.ts";
import { checkHealth } from "../health/check.ts";
import { checkIdentity } from "../health/check-identity.ts";
import { planHealth, type Load } from "../health/plan.ts";
import { readEnvFile } from "../host/env-file.ts";
import { startHost } from "../host/host.ts";
import { chooseNode } from "../host/node-binary.ts";
import type { TargetName } from "../config/words.ts";
import type { Artefact } from "../targets/target.ts";
import { smokeWorker } from "./smoke-worker.ts";

export interface Refusal {
  cause: string;
  message: string;
  hint: string;
}

const REQUESTS_PER_PROBE = 3;
/** The functions have been started when they are asked, on this very machine. */
const ANSWER_WITHIN_MS = 10_000;
const LINES_SHOWN = 3;
/** What Node.js prints around an error: the line of code, where it was thrown, its version; and empty lines. */
const NOISE = /^\[.*?\] (?:\s*$|\s*\^+\s*$|\s+at |Node\.js v\d|file:\/\/)/;

/**
 * Runs the very artefact on this machine, each function from a copy that holds nothing else, before anybody uploads it.
 * Functions that call a paid endpoint are started but not asked.
 * @param target whose artefact it is: a Worker runs in workerd, everything else on our host
 * @returns why it cannot be released, or null
 */
export async function smoke(
  projectDir: string,
  config: Config,
  { outputDir, buildId }: Artefact,
  signal: AbortSignal,
  target: TargetName = "vercel",
): Promise<Refusal | null> {
  if (target === "cloudflare") return smokeWorker(projectDir, { outputDir, buildId }, signal);
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
    const refusal =
      config.mode === "local"
        ? await askProbes(host.url, config, buildId, signal)
        : await askIdentity(host.url, buildId, signal);
    signal.throwIfAborted();
    return refusal && { ...refusal, hint: refusal.hint ?? lastLines(log) };
  } finally {
    await host.close();
  }
}

/** A refusal whose hint is what the functions said. */
type Unexplained = Omit<Refusal, "hint"> & { hint?: string | undefined };

/** Paid routes are not asked. */
async function askIdentity(url: string, expectBuild: string, signal: AbortSignal): Promise<Unexplained | null> {
  const stranger = await checkIdentity({ url, headers: {}, expectBuild, signal });
  return stranger && { cause: stranger.cause, message: stranger.message, hint: stranger.hint };
}

async function askProbes(
  url: string,
  config: Config,
  expectBuild: string,
  signal: AbortSignal,
): Promise<Unexplained | null> {
  const whole = planHealth(config);
  // Whatever their weights in a gate, all of them are asked here.
  const plan = { ...whole, probes: whole.probes.map((probe) => ({ ...probe, weight: 1 })) };
  const load: Load = {
    ...plan.load,
    pace: { kind: "open", ratePerSecond: 20, rampMs: 0 },
    requests: plan.probes.length * REQUESTS_PER_PROBE,
  };
  const waitMs = ANSWER_WITHIN_MS;
  const health = await checkHealth({ ...plan, limits: [], load, url, expectBuild, waitMs, signal });
  if (health.verdict === "fail" && health.cause !== undefined)
    return { cause: health.cause, message: health.message ?? health.cause, hint: health.hint };
  const [error] = Object.entries(health.measurement.errorsByCause);
  return error === undefined ? null : { cause: error[0], message: `a probe failed in isolation: ${error[1].first}` };
}

function lastLines(log: readonly string[]): string {
  const lines = log.filter((line) => !NOISE.test(line)).slice(-LINES_SHOWN);
  return lines.length === 0 ? "run edge-ai dev to see more" : `the functions said: ${lines.join(" | ")}`;
}
