import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../errors.ts";
import { startHost } from "../../host/host.ts";
import type { Deployment } from "./deployment.ts";
import { materialise } from "./materialise.ts";
import type { Platform } from "./platform.ts";
import { assignDomains } from "./project.ts";
import { envOf } from "./project-env.ts";

/** Takes a deployment from QUEUED to READY or ERROR, and gives it its domains. */
export async function buildDeployment(platform: Platform, deployment: Deployment): Promise<void> {
  const { settings, faults, closed } = platform;
  const pause = () => sleep(settings.clock.buildStepMs, undefined, { signal: closed });
  await pause();
  deployment.readyState = "BUILDING";
  deployment.buildingAt = platform.now();
  await pause();
  if (faults.takeBehaviour("createDeployment", "build-error")) {
    return fail(deployment, "BUILD_UTILS_SPAWN_1", "Command exited with 1");
  }
  try {
    deployment.host = await serve(platform, deployment);
  } catch (error) {
    closed.throwIfAborted();
    return fail(deployment, "BUILD_FAILED", messageOf(error));
  }
  deployment.readyState = "READY";
  deployment.readyAt = platform.now();
  if (deployment.target === "production") deployment.readySubstate = "STAGED";
  if (faults.takeBehaviour("createDeployment", "alias-never-assigned")) return;
  assign(platform, deployment);
  deployment.aliasAssigned = true;
}

function fail(deployment: Deployment, code: string, message: string): void {
  deployment.readyState = "ERROR";
  deployment.error = { code, message };
}

function assign(platform: Platform, deployment: Deployment): void {
  const project = platform.projects.get(deployment.projectId);
  if (project === undefined || deployment.target !== "production" || !deployment.assignsDomains) return;
  const promotes = deployment.meta["action"] === "promote";
  if (!project.autoAssign && !promotes) return;
  project.autoAssign = true;
  assignDomains(platform, project, deployment);
}

async function serve(platform: Platform, deployment: Deployment) {
  const { settings, uploads, root, productionHost } = platform;
  const { id, projectId, files, url } = deployment;
  const projectDir = path.join(root, id);
  const environment = deployment.target ?? "preview";
  await materialise(projectDir, files, uploads);
  return startHost({
    outputDir: path.join(projectDir, ".vercel", "output"),
    projectDir,
    port: 0,
    environment,
    env: {
      ...settings.env,
      ...envOf(platform, projectId, environment),
      ...deployment.env,
      VERCEL_TARGET_ENV: environment,
      VERCEL_DEPLOYMENT_ID: id,
      VERCEL_PROJECT_ID: projectId,
      VERCEL_BRANCH_URL: url,
      VERCEL_PROJECT_PRODUCTION_URL: productionHost,
    },
    ...(settings.node !== undefined && { node: settings.node }),
    ...(settings.launcher !== undefined && { launcher: settings.launcher }),
    onLog: (line) => settings.onLog(`${id}: ${line}`),
  });
}
