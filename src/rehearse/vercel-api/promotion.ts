import { setTimeout as sleep } from "node:timers/promises";
import { ApiError } from "./api-error.ts";
import { ok, type Call, type Handler, type Reply } from "./call.ts";
import type { Deployment } from "./deployment.ts";
import { findDeployment } from "./find-deployment.ts";
import type { Platform } from "./platform.ts";
import { assignDomains, findProject, productionOf, type AliasRequest, type Project } from "./project.ts";

type Kind = AliasRequest["type"];

const accepted: Reply = { status: 201, body: {} };

export const promote: Handler = (platform, call) => requestAlias(platform, call, "promote");
export const rollback: Handler = (platform, call) => requestAlias(platform, call, "rollback");

/** Accepts a promotion or a rollback. The domains follow later, as a job whose state the project tells. */
function requestAlias(platform: Platform, { param, teamId }: Call, kind: Kind): Reply {
  const project = findProject(platform, param("project"), teamId);
  const deployment = findDeployment(platform, param("deployment"), teamId);
  // `vercel rolling-release abort` comes as a rollback.
  if (kind === "rollback" && project.canary === deployment.id) {
    project.canary = null;
    return accepted;
  }
  check(platform, project, deployment, kind);
  // A promotion waits for the rolling release that is active.
  if (project.canary !== null || platform.faults.takeBehaviour(kind, "queued")) return { status: 202, body: {} };
  if (platform.faults.takeBehaviour(kind, "rolling-release")) {
    project.canary = deployment.id;
    return accepted;
  }
  const request: AliasRequest = {
    type: kind,
    jobStatus: "pending",
    requestedAt: platform.now(),
    fromDeploymentId: productionOf(platform, project)?.id ?? null,
    toDeploymentId: deployment.id,
  };
  project.lastAliasRequest = request;
  platform.startJob(() => moveDomains(platform, project, deployment, request));
  return accepted;
}

/** @throws ApiError when production cannot become that deployment */
function check(platform: Platform, project: Project, deployment: Deployment, kind: Kind): void {
  const { id, url, readyState, target } = deployment;
  if (deployment.projectId !== project.id) throw new ApiError(400, "bad_request", `${id} is of another project`);
  if (readyState !== "READY") throw new ApiError(400, "deployment_not_ready", `${id} is ${readyState}`);
  if (productionOf(platform, project) === deployment) {
    throw new ApiError(409, "conflict", `${url} is already the current production deployment`);
  }
  if (kind === "promote" && target !== "production") {
    throw new ApiError(422, "invalid_deployment", `${id} is not a production deployment`);
  }
  if (kind === "promote") return;
  const before = project.history.slice(0, -1);
  if (!before.includes(id)) {
    throw new ApiError(422, "invalid_rollback", `${url} has never been the production deployment`);
  }
  // vercel.com/docs/instant-rollback
  if (platform.settings.plan === "hobby" && before.at(-1) !== id) {
    throw new ApiError(402, "payment_required", "The Hobby plan can only roll back to the previous deployment");
  }
}

async function moveDomains(
  platform: Platform,
  project: Project,
  deployment: Deployment,
  request: AliasRequest,
): Promise<void> {
  const { faults, settings, closed } = platform;
  const slow = faults.takeBehaviour(request.type, "slow-promote");
  const stepMs = (slow ? settings.clock.slowAliasMs : settings.clock.aliasMs) / 2;
  await sleep(stepMs, undefined, { signal: closed });
  request.jobStatus = "in-progress";
  await sleep(stepMs, undefined, { signal: closed });
  // A later request has taken its place.
  if (project.lastAliasRequest !== request) return;
  if (faults.takeBehaviour(request.type, "skipped")) request.jobStatus = "skipped";
  else if (faults.takeBehaviour(request.type, "failed")) request.jobStatus = "failed";
  else {
    if (!faults.takeBehaviour(request.type, "alias-never-assigned")) {
      project.autoAssign = request.type === "promote";
      assignDomains(platform, project, deployment);
    }
    request.jobStatus = "succeeded";
  }
}

/** How each domain fared in the last promotion or rollback. */
export const aliasResults: Handler = (platform, { param, query, teamId }) => {
  const { domains, lastAliasRequest } = findProject(platform, param("project"), teamId);
  const status = lastAliasRequest?.jobStatus === "succeeded" ? "completed" : lastAliasRequest?.jobStatus;
  const shown = status !== undefined && (query.get("failedOnly") !== "true" || status === "failed");
  const deploymentId = lastAliasRequest?.toDeploymentId;
  const aliases = shown ? domains.map((alias) => ({ status, alias: { alias, deploymentId }, id: alias })) : [];
  return ok({ aliases, pagination: { count: aliases.length, next: null, prev: null } });
};
