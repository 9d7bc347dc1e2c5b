import type { TargetName } from "../../config/words.ts";
import type { ReadSignals } from "../types.ts";
import type { SignalContext } from "./asked.ts";
import { cloudflareSignals } from "./cloudflare-signals.ts";
import { vercelSignals } from "./vercel-signals.ts";

const readers: Record<TargetName, (context: SignalContext) => ReadSignals> = {
  vercel: vercelSignals,
  cloudflare: cloudflareSignals,
  /** This machine keeps no metrics and sends no bill. */
  local: () => () => Promise.resolve([]),
};

/**
 * What the platform itself knows of production: error rate, p95 and p99 on its own requests, and the month's cost from its
 * bill. What cannot be had is a signal with `value: null` and a reason; the reader throws for an interrupt only.
 */
export function platformSignals({ targetName, ...context }: SignalContext & { targetName: TargetName }): ReadSignals {
  return readers[targetName](context);
}
