import { notFound } from "./api-error.ts";
import type { Deployment } from "./deployment.ts";
import type { Platform } from "./platform.ts";

export interface AliasRequest {
  type: "promote" | "rollback";
  jobStatus: "pending" | "in-progress" | "succeeded" | "failed" | "skipped";
  requestedAt: number;
  fromDeploymentId: string | null;
  toDeploymentId: string;
}

export interface Project {
  readonly id: string;
  readonly name: string;
  readonly teamId: string;
  readonly createdAt: number;
  updatedAt: number;
  /** framework, nodeVersion, … as they were sent. */
  settings: Record<string, unknown>;
  /** Its production domains. */
  readonly domains: readonly string[];
  /** Whether a production deployment gets the domains by itself. A rollback switches that off, a promotion on. */
  autoAssign: boolean;
  /** Everything that was production, the present one last. */
  history: string[];
  lastAliasRequest: AliasRequest | null;
  /** A rolling release that has begun. */
  canary: string | null;
}

/** @throws ApiError 404, also for a project of another team */
export function findProject({ projects }: Platform, idOrName: string, teamId: string): Project {
  const found = [...projects.values()].find(
    (project) => project.teamId === teamId && (project.id === idOrName || project.name === idOrName),
  );
  if (found === undefined) throw notFound("Project not found.");
  return found;
}

/** The deployment that its domains serve. */
export function productionOf({ aliases, deployments }: Platform, { domains }: Project): Deployment | undefined {
  return deployments.get(aliases.get(domains[0] ?? "") ?? "");
}

/** Makes a deployment production: from the next request on its domains serve it. */
export function assignDomains(platform: Platform, project: Project, deployment: Deployment): void {
  for (const domain of project.domains) platform.aliases.set(domain, deployment.id);
  project.history = [...project.history.filter((id) => id !== deployment.id), deployment.id];
  project.canary = null;
  deployment.readySubstate = "PROMOTED";
}
