import type { PlatformName } from "../data/platforms.ts";
import { cloudflareFree, cloudflareMonth } from "./cloudflare.ts";
import { suppliesOf } from "./supplies.ts";
import type { CostSettings, Costed, Line, Month, Supply } from "./types.ts";
import { dearestRegion, vercelFree, vercelMonth } from "./vercel.ts";
import { workOf } from "./work.ts";

/** What a month of one mode on one platform costs, as a function of requests; or why that cannot be said. */
export type MonthOf = { month: (requests: number) => Month; supplies: Supply[] } | { reason: string };

/** The formula of one option. @throws Error before `loadPrices`, unless the model runs in the function */
export function costOf(costed: Costed, platform: PlatformName, settings: CostSettings): MonthOf {
  if (costed.mode === "local" && platform === "cloudflare") {
    return { reason: "cannot run there: its engine is native code and needs more memory than a Worker has" };
  }
  const work = workOf(costed, settings);
  if (work === null) return { reason: "no price: the processor time of this model in a function is not known" };
  const supplies = suppliesOf(costed, settings);
  if (supplies.length === 0 && costed.mode !== "local") return { reason: missingSupply(costed, settings) };
  const region = dearestRegion(costed.function.regions);
  const month = (requests: number): Month => {
    const thin = platform === "vercel" ? vercelMonth(requests, work, region) : cloudflareMonth(requests, work);
    const { line, name } = cheapest(supplies, requests);
    const lines = line === null ? thin : [...thin, line];
    const usd = lines.reduce((sum, each) => sum + each.usd, 0);
    const free = platform === "vercel" ? vercelFree(requests, work) : cloudflareFree(requests, work);
    return { requests, lines, usd, perRequestUsd: usd / requests, supply: name, free };
  };
  return { month, supplies };
}

function cheapest(supplies: readonly Supply[], requests: number): { line: Line | null; name: string | null } {
  const priced = supplies.map(({ name, cost }) => ({ name, line: cost(requests) }));
  return priced.toSorted((a, b) => a.line.usd - b.line.usd)[0] ?? { line: null, name: null };
}

function missingSupply({ mode, task, model }: Costed, { endpoint, providerModel }: CostSettings): string {
  if (mode === "external") return `no price: ${providerModel ?? model.id ?? task} is in no price table`;
  if (task === "image") return "no price: what a GPU makes of pictures is not known";
  if (model.params === null) return "no price: the size of the model is not known";
  return `no price: the model does not fit ${endpoint ?? "any GPU in our table"}, and no host of it is known`;
}
