import type { Config } from "../config/schema.ts";
import { checkIdentity } from "../health/check-identity.ts";
import { checkHealth } from "../health/check.ts";
import type { HealthDocument } from "../health/document.ts";
import { planHealth, type HealthPlan } from "../health/plan.ts";
import type { Deployment, Target } from "../targets/target.ts";

export interface Measuring {
  config: Config;
  signal: AbortSignal;
  onProgress: (line: string) => void;
}

/**
 * Measures one deployment, under its own URL, against the SLOs of the project. Its build id has to answer. Where only a header
 * tells it apart from production, the platform may need a while until it does: that long production may answer instead.
 */
export async function gate(
  { target, ...measuring }: Measuring & { target: Target },
  deployment: Deployment,
): Promise<HealthDocument> {
  const { url, requestHeaders: headers, buildId: expectBuild, lookAt } = deployment;
  if (lookAt !== undefined) {
    const oldBuildMs = target.propagationMs;
    // Whatever it says is for the measurement to find.
    await checkIdentity({ url, headers, expectBuild, oldBuildMs, signal: measuring.signal });
  }
  return measure(measuring, planHealth(measuring.config), deployment);
}

/**
 * Measures a URL where a deployment should answer: its own, or production's with what reaches that. Where it shares its URL with
 * production it has to answer still when the load is over: else nobody knows whose answers those were.
 */
export async function measure(
  { signal, onProgress }: Measuring,
  plan: HealthPlan,
  { url, requestHeaders: headers, buildId: expectBuild, lookAt }: Measured,
): Promise<HealthDocument> {
  const health = await checkHealth({ ...plan, url, headers, expectBuild, signal, onProgress });
  if (lookAt === undefined || health.verdict !== "pass") return health;
  const stranger = await checkIdentity({ url, headers, expectBuild, signal });
  if (stranger === null) return health;
  const { cause, message, hint } = stranger;
  return {
    ...health,
    verdict: "inconclusive",
    cause,
    message: `after the measurement, ${message}`,
    ...(hint !== undefined && { hint }),
  };
}

type Measured = Pick<Deployment, "url" | "requestHeaders" | "buildId" | "lookAt">;
