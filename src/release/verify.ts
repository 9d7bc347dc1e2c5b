import { checkIdentity } from "../health/check-identity.ts";
import type { Refusal } from "../health/identity.ts";
import type { Deployment, Target } from "../targets/target.ts";

/**
 * Asks the production URL who it is, for as long as the target needs to get a promotion round.
 * Of a deployment that edge-ai did not make only the platform knows that it is production.
 * @returns why it is not that deployment, or null when it is
 */
export async function whoIsProduction(
  target: Target,
  { buildId: expectBuild, isForeign }: Deployment,
  signal: AbortSignal,
): Promise<Refusal | null> {
  if (isForeign) return null;
  const url = await target.productionUrl();
  if (url === null) throw new Error("a target with a production deployment has a production URL");
  return checkIdentity({
    url,
    headers: target.productionHeaders,
    expectBuild,
    oldBuildMs: target.propagationMs,
    signal,
  });
}
