import * as z from "zod";
import type { Asked, SignalContext } from "./asked.ts";
import { readVercelProject } from "./vercel-project.ts";
import { askVercel } from "./vercel-query.ts";

/** What a project costs, from the platform's bill. */
export interface Bill {
  /** Of the month that runs. */
  soFarUsd: number;
  /** The same rate to the month's end. */
  monthUsd: number;
  /** ISO 8601: until when it is counted. */
  to: string;
}

const costs = z.looseObject({ effectiveCost: z.number(), billedCost: z.number() });
/** `vercel usage --json --group-by project` of 58.4.4. Amounts are in USD, whatever unit the quantities are in. */
const usageSchema = z.looseObject({
  period: z.looseObject({ from: z.iso.datetime({ offset: true }), to: z.iso.datetime({ offset: true }) }),
  groupBy: z.looseObject({ data: z.array(z.looseObject({ name: z.string(), totals: costs })) }),
  chargeCount: z.number(),
});

type Usage = z.output<typeof usageSchema>;

/** The cost of the project since the month began (in Los Angeles, as Vercel bills), and projected to its end. */
export async function readVercelBill(context: SignalContext): Promise<Asked<Bill>> {
  const [usage, project] = await Promise.all([
    askVercel(context, () => ["usage", "--json", "--group-by", "project"], usageSchema),
    readVercelProject(context),
  ]);
  if ("missing" in usage) return usage;
  if (usage.value.chargeCount === 0) return { missing: "the bill has no charges for this month yet" };
  return "missing" in project ? project : { value: billOf(usage.value, project.value.name) };
}

const DAY_MS = 86_400_000;

/**
 * The bill of one project: 0 when others have charges and it has none.
 *
 * Of the two costs of a charge the higher: what a commitment or a credit pays for is not billed but has a cost, and what is
 * paid up front is billed before it is used. A projection stands on one day at least: the first hour of a month says little.
 */
export function billOf({ period, groupBy }: Pick<Usage, "period" | "groupBy">, project: string): Bill {
  const totals = groupBy.data.find(({ name }) => name === project)?.totals;
  const { billedCost, effectiveCost } = totals ?? { billedCost: 0, effectiveCost: 0 };
  const [from, to] = [new Date(period.from), new Date(period.to)];
  const end = new Date(from);
  end.setUTCMonth(end.getUTCMonth() + 1);
  const monthMs = end.getTime() - from.getTime();
  const pastMs = Math.min(monthMs, Math.max(DAY_MS, to.getTime() - from.getTime()));
  // What is billed ahead of its use does not come again every day.
  const monthUsd = Math.max(billedCost, (effectiveCost * monthMs) / pastMs);
  return { soFarUsd: Math.max(billedCost, effectiveCost), monthUsd, to: to.toISOString() };
}
