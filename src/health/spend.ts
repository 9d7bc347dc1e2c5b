import type { Load } from "./plan.ts";
import { usdOf } from "./price.ts";
import type { Samples } from "./samples.ts";

/**
 * Watches what a run costs, by what its answers say they used.
 * @returns `isReached`: one more request could take the run over `maxCostUsd`, counting those under way at the highest
 * price seen, and before any is known at the estimate
 */
export function createSpend(
  samples: Samples,
  { maxCostUsd, estimatedUsdPerRequest }: Pick<Load, "maxCostUsd" | "estimatedUsdPerRequest">,
): { isReached: () => boolean } {
  let counted = 0;
  let spentUsd = 0;
  let highestUsd = 0;
  const isReached = (): boolean => {
    if (maxCostUsd === null) return false;
    for (const { usage } of samples.usages.slice(counted)) {
      const usd = usdOf(usage) ?? 0;
      spentUsd += usd;
      highestUsd = Math.max(highestUsd, usd);
    }
    counted = samples.usages.length;
    const unpaid = samples.started - counted + 1;
    const perRequestUsd = counted === 0 ? (estimatedUsdPerRequest ?? 0) : highestUsd;
    return spentUsd + unpaid * perRequestUsd > maxCostUsd;
  };
  return { isReached };
}
