import * as calls from "../src/data/prices/calls.ts";
import * as cloudflare from "../src/data/prices/cloudflare.ts";
import * as gpus from "../src/data/prices/gpus.ts";
import * as vercel from "../src/data/prices/vercel.ts";
import { stalePrices } from "../src/data/prices/age.ts";
import { Unreachable, type Refreshed } from "./refresh/changes.ts";
import { refreshModels } from "./refresh/models.ts";
import { refreshTokenPrices } from "./refresh/token-prices.ts";

/**
 * Refreshes what a program can refresh in src/data, and says what needs a person. Run in the checkout: node scripts/refresh-data.ts.
 * npm_config_registry and HF_ENDPOINT say where; HF_TOKEN is sent to that endpoint only.
 */
const root = process.cwd();
const { npm_config_registry: registry, HF_ENDPOINT: endpoint, HF_TOKEN: token } = process.env;
const now = new Date();

const results: Refreshed[] = [];
try {
  const hub = (endpoint ?? "https://huggingface.co").replace(/\/+$/, "");
  results.push(await refreshTokenPrices(root, registry ?? "https://registry.npmjs.org"));
  results.push(await refreshModels(root, { hub, token, today: now.toISOString().slice(0, 10) }));
} catch (error) {
  if (!(error instanceof Unreachable)) throw error;
  console.error(`error: ${error.message}: what it would have told is as it was`);
  console.error("  hint: go online, or set npm_config_registry and HF_ENDPOINT");
  process.exitCode = 2;
}
// What was written before the network failed is said, too.
if (results.length > 0) print(results);

function print(done: readonly Refreshed[]): void {
  const changed = done.flatMap((result) => result.changed);
  const forPeople = [
    ...done.flatMap((result) => result.forPeople),
    ...stalePrices(factsIn([calls, cloudflare, gpus, vercel]), now),
  ];
  console.log(["Changed", ...lines(changed), "", "Needs a person", ...lines(forPeople)].join("\n"));
}

function lines(sentences: readonly string[]): string[] {
  return sentences.length === 0 ? ["  nothing"] : sentences.map((sentence) => `  ${sentence}`);
}

function factsIn(value: unknown): { source: string; checkedAt: string }[] {
  if (typeof value !== "object" || value === null) return [];
  const { source, checkedAt } = value as { source?: unknown; checkedAt?: unknown };
  if (typeof source === "string" && typeof checkedAt === "string") return [{ source, checkedAt }];
  return Object.values(value).flatMap(factsIn);
}
