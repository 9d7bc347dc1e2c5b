import type { Deployment } from "./deployment.ts";
import type { Platform } from "./platform.ts";
import { creator, findTeam } from "./teams.ts";

/** A deployment as `GET /v13/deployments/:id` says it. */
export function deploymentJson({ aliases }: Platform, deployment: Deployment) {
  const { id, name, url, target, meta, projectId, teamId, createdAt, readyState, readySubstate, error } = deployment;
  const alias = [...aliases].filter(([, to]) => to === id).map(([host]) => host);
  return {
    id,
    uid: id,
    name,
    url,
    version: 2,
    type: "LAMBDAS",
    plan: "pro",
    public: false,
    source: "cli",
    target,
    readyState,
    status: readyState,
    ...(readySubstate !== undefined && { readySubstate }),
    aliasAssigned: deployment.aliasAssigned,
    aliasError: null,
    alias,
    aliasFinal: alias[0] ?? null,
    autoAssignCustomDomains: deployment.assignsDomains,
    createdAt,
    buildingAt: deployment.buildingAt,
    ready: deployment.readyAt,
    inspectorUrl: `https://vercel.com/${findTeam(teamId)?.slug}/${name}/${id.slice(4)}`,
    projectId,
    ownerId: teamId,
    team: findTeam(teamId),
    creator,
    regions: ["iad1"],
    routes: null,
    meta,
    ...(error !== undefined && { errorCode: error.code, errorMessage: error.message }),
  };
}

/** The same as a row of `GET /v6/deployments`. */
export function deploymentRow(platform: Platform, deployment: Deployment) {
  return { ...deploymentJson(platform, deployment), created: deployment.createdAt, state: deployment.readyState };
}
