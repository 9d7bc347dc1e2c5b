import fs from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { readJson, type Refreshed } from "./changes.ts";

const NAME = "@pydantic/genai-prices";
const FILE = "src/data/token-prices.ts";

const metadata = z.object({
  "dist-tags": z.object({ latest: z.string() }),
  time: z.record(z.string(), z.string()),
});
const manifest = z.object({ devDependencies: z.record(z.string(), z.string()) });

/**
 * Writes version and day of the installed table of token prices into src/data/token-prices.ts, from npm's metadata. A newer
 * version is for people: it changes package-lock.json and prices.
 * @throws Unreachable
 */
export async function refreshTokenPrices(root: string, registry: string): Promise<Refreshed> {
  const url = new URL(NAME.replace("/", "%2f"), registry.endsWith("/") ? registry : `${registry}/`);
  const { time, "dist-tags": tags } = metadata.parse(await readJson(url.href));
  const { devDependencies } = manifest.parse(JSON.parse(await fs.readFile(path.join(root, "package.json"), "utf8")));
  const version = devDependencies[NAME] ?? "";
  const published = time[version]?.slice(0, 10);
  const newer =
    tags.latest === version
      ? []
      : [
          `${NAME} ${tags.latest} is out (${time[tags.latest]?.slice(0, 10)}): npm install -D -E ${NAME}@${tags.latest}, run this again, then the tests`,
        ];
  if (published === undefined) return { changed: [], forPeople: [`npm does not know ${NAME} ${version}`, ...newer] };
  return { changed: await write(root, version, published), forPeople: newer };
}

async function write(root: string, version: string, published: string): Promise<string[]> {
  const file = path.join(root, FILE);
  const before = await fs.readFile(file, "utf8");
  const table = `{ name: "${NAME}", version: "${version}", published: "${published}" }`;
  const after = before.replace(/(priceTable = )\{[^}]*\}/, `$1${table}`);
  if (after === before) return [];
  await fs.writeFile(file, after);
  return [`${FILE}: ${NAME} ${version} of ${published}`];
}
