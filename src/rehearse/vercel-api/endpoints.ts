import { deploymentAliases, getAlias, listAliases, removeAlias, setAlias } from "./alias-endpoints.ts";
import { addAlertRule, listAlertRules } from "./alert-rules.ts";
import { listCharges } from "./billing.ts";
import type { Handler } from "./call.ts";
import { createDeployment } from "./create-deployment.ts";
import { deploymentBuilds, deploymentEvents, getDeployment, listDeployments } from "./deployment-endpoints.ts";
import type { EndpointName } from "./endpoint-names.ts";
import { metricSchema, queryMetrics } from "./observability.ts";
import {
  createProject,
  customEnvironments,
  getProject,
  listProjects,
  projectDomains,
  updateProject,
} from "./project-endpoints.ts";
import { addEnv, listEnv, listSharedEnv, pullEnv, removeEnv, updateEnv } from "./project-env.ts";
import { aliasResults, promote, rollback } from "./promotion.ts";
import { completeRollingRelease, rollingRelease } from "./rolling-release.ts";
import { getTeam, getUser, listTeams } from "./teams.ts";
import { uploadFile } from "./uploads.ts";

interface Endpoint {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** `:name` stands for one segment. With their versions: one that the CLI has never called is one we do not know. */
  paths: readonly string[];
  handle: Handler;
}

/** Every call of the CLI 58.4.4 and 60.1.3 that a release and its monitoring need. */
export const endpoints = {
  user: { method: "GET", paths: ["/v2/user"], handle: getUser },
  teams: { method: "GET", paths: ["/v1/teams", "/v2/teams"], handle: listTeams },
  team: { method: "GET", paths: ["/teams/:team", "/v1/teams/:team", "/v2/teams/:team"], handle: getTeam },
  projects: { method: "GET", paths: ["/v9/projects", "/v10/projects"], handle: listProjects },
  project: { method: "GET", paths: ["/v9/projects/:project"], handle: getProject },
  createProject: { method: "POST", paths: ["/v1/projects"], handle: createProject },
  updateProject: { method: "PATCH", paths: ["/v9/projects/:project"], handle: updateProject },
  projectDomains: {
    method: "GET",
    paths: ["/v9/projects/:project/domains", "/v10/projects/:project/domains"],
    handle: projectDomains,
  },
  customEnvironments: {
    method: "GET",
    paths: ["/projects/:project/custom-environments", "/v9/projects/:project/custom-environments"],
    handle: customEnvironments,
  },
  listEnv: { method: "GET", paths: ["/v8/projects/:project/env", "/v10/projects/:project/env"], handle: listEnv },
  addEnv: { method: "POST", paths: ["/v10/projects/:project/env"], handle: addEnv },
  updateEnv: { method: "PATCH", paths: ["/v10/projects/:project/env/:env"], handle: updateEnv },
  removeEnv: { method: "DELETE", paths: ["/v10/projects/:project/env/:env"], handle: removeEnv },
  pullEnv: { method: "GET", paths: ["/v3/env/pull/:project/:target"], handle: pullEnv },
  sharedEnv: { method: "GET", paths: ["/v1/env"], handle: listSharedEnv },
  files: { method: "POST", paths: ["/v2/files"], handle: uploadFile },
  createDeployment: { method: "POST", paths: ["/v13/deployments"], handle: createDeployment },
  deployment: { method: "GET", paths: ["/v13/deployments/:deployment"], handle: getDeployment },
  deployments: { method: "GET", paths: ["/v6/deployments"], handle: listDeployments },
  deploymentBuilds: { method: "GET", paths: ["/v11/deployments/:deployment/builds"], handle: deploymentBuilds },
  deploymentEvents: {
    method: "GET",
    paths: ["/v3/now/deployments/:deployment/events", "/v3/deployments/:deployment/events"],
    handle: deploymentEvents,
  },
  deploymentAliases: { method: "GET", paths: ["/now/deployments/:deployment/aliases"], handle: deploymentAliases },
  setAlias: { method: "POST", paths: ["/now/deployments/:deployment/aliases"], handle: setAlias },
  aliases: { method: "GET", paths: ["/v3/now/aliases", "/v4/aliases"], handle: listAliases },
  alias: { method: "GET", paths: ["/now/aliases/:alias"], handle: getAlias },
  removeAlias: { method: "DELETE", paths: ["/now/aliases/:alias"], handle: removeAlias },
  promote: { method: "POST", paths: ["/v10/projects/:project/promote/:deployment"], handle: promote },
  promoteAliases: { method: "GET", paths: ["/v9/projects/:project/promote/aliases"], handle: aliasResults },
  rollback: { method: "POST", paths: ["/v9/projects/:project/rollback/:deployment"], handle: rollback },
  rollbackAliases: { method: "GET", paths: ["/v9/projects/:project/rollback/aliases"], handle: aliasResults },
  rollingRelease: { method: "GET", paths: ["/v1/projects/:project/rolling-release"], handle: rollingRelease },
  completeRollingRelease: {
    method: "POST",
    paths: ["/v1/projects/:project/rolling-release/complete"],
    handle: completeRollingRelease,
  },
  metricSchema: { method: "GET", paths: ["/v2/observability/schema/:metric"], handle: metricSchema },
  metrics: { method: "POST", paths: ["/v2/observability/query"], handle: queryMetrics },
  usage: { method: "GET", paths: ["/v1/billing/charges"], handle: listCharges },
  alertRules: { method: "GET", paths: ["/alerts/v2/alert-rules"], handle: listAlertRules },
  addAlertRule: { method: "POST", paths: ["/alerts/v2/alert-rules"], handle: addAlertRule },
} as const satisfies Record<EndpointName, Endpoint>;
