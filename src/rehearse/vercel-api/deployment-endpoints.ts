import { ok, type Handler } from "./call.ts";
import { deploymentJson, deploymentRow } from "./deployment-json.ts";
import type { Deployment } from "./deployment.ts";
import { findDeployment } from "./find-deployment.ts";
import { findProject } from "./project.ts";

const MAX_PAGE = 100;

export const getDeployment: Handler = (platform, { param, teamId }) =>
  ok(deploymentJson(platform, findDeployment(platform, param("deployment"), teamId)));

/** Newest first, a page at a time. */
export const listDeployments: Handler = (platform, { query, teamId }) => {
  const project = query.get("projectId");
  const projectId = project === null ? null : findProject(platform, project, teamId).id;
  const until = Number(query.get("until") ?? Infinity);
  const limit = Math.min(Number(query.get("limit") ?? 20), MAX_PAGE);
  const found = [...platform.deployments.values()]
    .filter((each) => each.teamId === teamId && (projectId === null || each.projectId === projectId))
    .filter((each) => fits(each, query))
    .filter(({ createdAt }) => createdAt < until)
    .toReversed();
  const page = found.slice(0, limit);
  const next = found.length > page.length ? (page.at(-1)?.createdAt ?? null) : null;
  return ok({
    deployments: page.map((each) => deploymentRow(platform, each)),
    pagination: { count: page.length, next, prev: page[0]?.createdAt ?? null },
  });
};

function fits({ target, readyState, meta }: Deployment, query: URLSearchParams): boolean {
  const wanted = query.get("target");
  const states = query.get("state")?.split(",");
  return (
    (wanted === null || (target ?? "preview") === wanted) &&
    (states === undefined || states.includes(readyState)) &&
    [...query].every(([name, value]) => !name.startsWith("meta-") || meta[name.slice("meta-".length)] === value)
  );
}

export const deploymentBuilds: Handler = (platform, { param, teamId }) => {
  findDeployment(platform, param("deployment"), teamId);
  return ok({ builds: [] });
};

/** The build log. There is nothing to say. */
export const deploymentEvents: Handler = (platform, { param, teamId }) => {
  findDeployment(platform, param("deployment"), teamId);
  return ok([]);
};
