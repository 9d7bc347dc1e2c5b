import * as z from "zod";
import { ApiError } from "./api-error.ts";
import { ok, readJson, type Handler } from "./call.ts";
import type { Platform } from "./platform.ts";
import { deploymentJson } from "./worker-json.ts";
import { findVersion } from "./version-endpoints.ts";
import { addDeployment, addVersion, findWorker, type Share, type Worker } from "./worker.ts";

const body = z.object({
  strategy: z.literal("percentage"),
  versions: z
    .array(z.object({ version_id: z.string(), percentage: z.number().min(0).max(100) }))
    .min(1)
    .max(2),
  annotations: z.record(z.string(), z.string()).default({}),
});

export const listDeployments: Handler = (platform, { param }) =>
  ok({ deployments: findWorker(platform, param("script")).deployments.map(deploymentJson) });

export const createDeployment: Handler = async (platform, call) => {
  const worker = findWorker(platform, call.param("script"));
  const { versions, annotations } = await readJson(call, body);
  for (const { version_id: id } of versions) findVersion(worker, id);
  if (sumOf(versions) !== 100) throw new ApiError(400, 10026, "The percentages have to come to 100");
  if (platform.faults.takeBehaviour("createDeployment", "dropped")) return ok({ id: crypto.randomUUID() });
  const made = addDeployment(platform, worker, {
    versions,
    annotations,
    effectiveAtMs: performance.now() + propagationMs(platform),
    ignoresOverrides: platform.faults.takeBehaviour("createDeployment", "override-ignored"),
  });
  if (platform.faults.takeBehaviour("createDeployment", "intruder")) deployAsSomebodyElse(platform, worker);
  return ok(deploymentJson(made));
};

function sumOf(versions: readonly Share[]): number {
  return versions.reduce((sum, { percentage }) => sum + percentage, 0);
}

function propagationMs({ faults, settings }: Platform): number {
  if (faults.takeBehaviour("createDeployment", "never-effective")) return Infinity;
  const slow = faults.takeBehaviour("createDeployment", "slow-propagation");
  return slow ? settings.clock.slowPropagationMs : settings.clock.propagationMs;
}

/**
 * Deploys as a person does in the dashboard, at once.
 * @param share what the newest version of theirs gets, the rest goes to what had the most; 100 by default
 * @returns the id of their version
 */
export function deployAsSomebodyElse(platform: Platform, worker: Worker, share = 100): string {
  const newest = worker.versions[0];
  if (newest === undefined) throw new Error(`${worker.name} has no version to start from`);
  const theirs = addVersion(platform, worker, { ...newest, annotations: {} }, "dash");
  const current = worker.deployments[0]?.versions.toSorted((a, b) => b.percentage - a.percentage)[0];
  const rest = share === 100 || current === undefined ? [] : [{ ...current, percentage: 100 - share }];
  addDeployment(platform, worker, {
    versions: [{ version_id: theirs.id, percentage: 100 - (rest[0]?.percentage ?? 0) }, ...rest],
    source: "dash",
    effectiveAtMs: performance.now(),
  });
  return theirs.id;
}
