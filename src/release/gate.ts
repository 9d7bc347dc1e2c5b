import type { Config } from "../config/schema.ts";
import { checkHealth } from "../health/check.ts";
import type { HealthDocument } from "../health/document.ts";
import { planHealth, type HealthPlan } from "../health/plan.ts";
import type { Deployment } from "../targets/target.ts";

export interface Measuring {
  config: Config;
  signal: AbortSignal;
  onProgress: (line: string) => void;
}

/** Measures one deployment, under its own URL, against the SLOs of the project. Its build id has to answer. */
export function gate(measuring: Measuring, deployment: Deployment): Promise<HealthDocument> {
  return measure(measuring, planHealth(measuring.config), deployment.url, deployment);
}

/** Measures a URL where a deployment should answer. */
export function measure(
  { signal, onProgress }: Measuring,
  plan: HealthPlan,
  url: string,
  { requestHeaders, buildId }: Deployment,
): Promise<HealthDocument> {
  return checkHealth({ ...plan, url, headers: requestHeaders, expectBuild: buildId, signal, onProgress });
}
