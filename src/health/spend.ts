import type { Load } from "./plan.ts";
import { usdOf } from "./price.ts";
import type { Usage } from "./samples.ts";

/** Watches what a check costs, by what its answers say they used: all of its requests, also those that are not measured. */
export interface Spend {
  /** A request leaves. */
  begin: () => void;
  /** Its answer is in, or will not come. */
  end: (usage: Usage | null) => void;
  /**
   * One more request could take the check over its `maxCostUsd`. Those under way count at the highest price that was
   * estimated or seen. Always false without a limit; before anything is known about prices, too.
   */
  isReached: () => boolean;
}

/** Starts at nothing spent. */
export function createSpend({
  maxCostUsd,
  estimatedUsdPerRequest,
}: Pick<Load, "maxCostUsd" | "estimatedUsdPerRequest">): Spend {
  let underWay = 0;
  let spentUsd = 0;
  let highestUsd = estimatedUsdPerRequest ?? 0;
  return {
    begin: () => {
      underWay++;
    },
    end: (usage) => {
      underWay--;
      const usd = maxCostUsd === null || usage === null ? 0 : (usdOf(usage) ?? 0);
      spentUsd += usd;
      highestUsd = Math.max(highestUsd, usd);
    },
    isReached: () => maxCostUsd !== null && spentUsd + (underWay + 1) * highestUsd > maxCostUsd,
  };
}
