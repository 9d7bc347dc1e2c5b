import { notFound } from "./api-error.ts";
import type { Deployment } from "./deployment.ts";
import type { Platform } from "./platform.ts";

/** @param idOrHost also a domain that serves it. @throws ApiError 404, also for a deployment of another team */
export function findDeployment({ deployments, aliases }: Platform, idOrHost: string, teamId: string): Deployment {
  const id = aliases.get(idOrHost) ?? idOrHost;
  const found = deployments.get(id) ?? [...deployments.values()].find(({ url }) => url === idOrHost);
  if (found === undefined || found.teamId !== teamId) throw notFound("The deployment could not be found");
  return found;
}
