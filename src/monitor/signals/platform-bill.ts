import type { TargetName } from "../../config/words.ts";
import type { Asked, SignalContext } from "./asked.ts";
import { NO_BILL } from "./cloudflare-signals.ts";
import { readVercelBill, type Bill } from "./vercel-bill.ts";

const readers: Record<TargetName, (context: SignalContext) => Promise<Asked<Bill>>> = {
  vercel: readVercelBill,
  cloudflare: () => Promise.resolve({ missing: NO_BILL }),
  local: () => Promise.resolve({ missing: "this machine sends no bill" }),
};

/** What production costs this month, by the platform's own bill. In USD. */
export function readBill({ targetName, ...context }: SignalContext & { targetName: TargetName }): Promise<Asked<Bill>> {
  return readers[targetName](context);
}
