import type { Environment } from "../target.ts";

/** Metadata that a deployment carries on Vercel: what a CI runner would have forgotten. */
export interface DeploymentMeta {
  buildId: string;
  knownGood: string | null;
}

/**
 * Arguments of `vercel` commands. Nothing runs here. Every one names the scope: inspect, promote and rollback otherwise
 * take the token's default team, whatever the folder is linked to (vercel/vercel#11712). The token goes by environment.
 */
export const vercelArgs = {
  /** Stages: a production deployment that no domain points to, or a preview. */
  deploy: (environment: Environment, { buildId, knownGood }: DeploymentMeta, scope: string | null): string[] =>
    scoped(scope, [
      "deploy",
      "--prebuilt",
      "--yes",
      "--format",
      "json",
      ...(environment === "production" ? ["--prod", "--skip-domain"] : []),
      "--meta",
      `buildId=${buildId}`,
      ...(knownGood === null ? [] : ["--meta", `knownGood=${knownGood}`]),
    ]),

  /** Points the production domains to a deployment. `id` is never empty: an empty one asks for the status, and succeeds. */
  promote: (id: string, { rollback }: { rollback: boolean }, timeoutMs: number, scope: string | null): string[] =>
    scoped(scope, [
      rollback ? "rollback" : "promote",
      notEmpty(id),
      "--yes",
      "--timeout",
      `${Math.max(1, Math.round(timeoutMs / 1_000))}s`,
    ]),

  inspect: (hostOrId: string, scope: string | null): string[] =>
    scoped(scope, ["inspect", notEmpty(hostOrId), "--format", "json"]),

  list: (project: string, scope: string | null): string[] =>
    scoped(scope, ["list", notEmpty(project), "--format", "json", "--limit", "100", "--yes"]),

  /** GET of an endpoint, with the CLI's own login. */
  api: (endpoint: string, scope: string | null): string[] => scoped(scope, ["api", endpoint, "--raw"]),

  link: (project: string, scope: string | null): string[] =>
    scoped(scope, ["link", "--yes", "--project", notEmpty(project)]),

  pull: (environment: Environment, scope: string | null): string[] =>
    scoped(scope, ["pull", "--yes", "--environment", environment]),

  build: (environment: Environment, scope: string | null): string[] =>
    scoped(scope, ["build", "--yes", ...(environment === "production" ? ["--prod"] : [])]),
} as const;

function scoped(scope: string | null, args: readonly string[]): string[] {
  return scope === null ? [...args] : [...args, "--scope", scope];
}

function notEmpty(text: string): string {
  if (text === "") throw new Error("vercel would take an empty name for none, and succeed");
  return text;
}
