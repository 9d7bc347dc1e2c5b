import type { Mode, Task } from "../../../src/config/words.ts";
import type { PlatformName } from "../../../src/data/platforms.ts";
import { costOf } from "../../../src/cost/option.ts";
import type { CostSettings, Costed, Item, Month } from "../../../src/cost/types.ts";

export interface Case {
  mode?: Mode;
  task?: Task;
  cpuMs?: number;
  region?: string;
  memoryMb?: number;
  vcpus?: number;
  concurrency?: number;
  tokensIn?: number;
  tokensOut?: number;
  modelId?: string | null;
  params?: number | null;
  requestsPerSecond?: number | null;
  requestsPerMonth?: number | null;
}

/** A mode to price: embeddings in a function of 2 GB in iad1, where nothing else is said. */
export function costed({
  mode = "local",
  task = "embeddings",
  cpuMs = 10,
  region = "iad1",
  memoryMb = 2_048,
  vcpus = 1,
  concurrency = 1,
  tokensIn = 64,
  tokensOut = 0,
  modelId = null,
  params = null,
  requestsPerSecond = null,
  requestsPerMonth = null,
}: Case = {}): Costed {
  return {
    mode,
    task,
    predicted: { cpuMs, p95Ms: mode === "local" ? cpuMs * 2 : null },
    function: { memoryMb, vcpus, maxDurationSeconds: 60, regions: [region] },
    workload: { tokensIn, tokensOut, concurrency, requestsPerSecond, requestsPerMonth, streaming: true },
    model: { id: modelId, params, activeParams: null },
  };
}

export const now = new Date("2026-11-23T12:00:00Z");

/** The month of one option. @throws Error when it has no price */
export function monthOf(
  costedCase: Costed,
  requests: number,
  { platform = "vercel", ...settings }: Partial<CostSettings> & { platform?: PlatformName } = {},
): Month {
  const formula = costOf(costedCase, platform, { now, ...settings });
  if ("reason" in formula) throw new Error(formula.reason);
  return formula.month(requests);
}

/** The amount of one line, 0 when it is not there. */
export function line(month: Month, item: Item): number {
  return month.lines.filter((each) => each.item === item).reduce((sum, { usd }) => sum + usd, 0);
}
