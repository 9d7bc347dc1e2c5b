import fs from "node:fs/promises";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { callPrice } from "../../../src/cost/call-price.ts";
import { defaultCalls, hostsOfModel } from "../../../src/data/prices/calls.ts";
import { ageDays, stalePrices } from "../../../src/data/prices/age.ts";
import { gpus } from "../../../src/data/prices/gpus.ts";
import { factSchema } from "../../../src/data/prices/schema.ts";
import { vercelCompute } from "../../../src/data/prices/vercel.ts";
import { models } from "../../../src/data/models.ts";
import { vercelRegions } from "../../../src/data/platforms.ts";
import { loadPrices } from "../../../src/data/token-prices.ts";

const dataDir = path.resolve(import.meta.dirname, "../../../src/data");

/** Numbers that are no facts, and why. */
const noFacts = new Set([
  // Our own rule, not a number that somebody looked up.
  "prices/age.ts.PRICE_DAYS",
]);

interface Found {
  path: string;
  /** null for a number without a source. */
  fact: unknown;
}

/** Every number in a tree of data, with the fact that it is part of. */
function numbersIn(value: unknown, at: string): Found[] {
  if (typeof value === "number") return [{ path: at, fact: null }];
  if (typeof value !== "object" || value === null || value instanceof RegExp) return [];
  if ("value" in value) return [{ path: at, fact: value }];
  // A few numbers that share a source and a date.
  if ("source" in value && "checkedAt" in value) {
    const { source, checkedAt } = value;
    return Object.entries(value)
      .filter(([, each]) => typeof each === "number")
      .map(([key, each]) => ({ path: `${at}.${key}`, fact: { value: each, source, checkedAt } }));
  }
  return Object.entries(value).flatMap(([key, each]) => numbersIn(each, `${at}.${key}`));
}

async function dataFiles(): Promise<string[]> {
  const names = await fs.readdir(dataDir, { recursive: true });
  return names.filter((name) => /(?<!schema)\.ts$/.test(name) && name !== "models.ts").toSorted();
}

async function allNumbers(): Promise<Found[]> {
  const files = await dataFiles();
  const found = await Promise.all(files.map(async (name) => numbersIn(await import(path.join(dataDir, name)), name)));
  return found.flat();
}

test("every number of every file in src/data has a value, a source and a date", async () => {
  const found = await allNumbers();
  const wrong = found.filter(({ path: at, fact }) => !noFacts.has(at) && !factSchema.safeParse(fact).success);
  expect(wrong.map(({ path: at }) => at)).toEqual([]);
  expect(found.length).toBeGreaterThan(150);
  const files = new Set(found.map(({ path: at }) => at.split(".ts.")[0]));
  for (const name of [
    "engines",
    "platforms",
    "prices/vercel",
    "prices/cloudflare",
    "prices/gpus",
    "prices/calls",
    "prices/assumptions",
  ])
    expect(files).toContain(name);
});

test("a number without a source, and a source without a date, are found", () => {
  const numbers = numbersIn({ usd: 20, rate: { value: 1, source: "https://example.com" } }, "made-up");
  expect(numbers.map(({ fact }) => factSchema.safeParse(fact).success)).toEqual([false, false]);
});

test("no fact is checked in the future", async () => {
  const dates = (await allNumbers()).flatMap(({ fact }) => {
    const parsed = factSchema.safeParse(fact);
    return parsed.success ? [parsed.data.checkedAt] : [];
  });
  expect(dates.toSorted().at(-1)).toBe("2026-11-23");
});

test("in models.json, every number of a model has a source there, or is in the config.json of its Hub page", () => {
  for (const { id, hub, params, tokenizer, variants } of models) {
    const sources = [params, ...(tokenizer === undefined ? [] : [tokenizer]), ...variants].map(({ source }) => source);
    expect([id, sources.every((source) => source.length > 0), hub.includes("/") || hub.startsWith("npm:")]).toEqual([
      id,
      true,
      true,
    ]);
  }
});

describe("prices", () => {
  beforeAll(loadPrices);

  test("Vercel has rates for each of its regions, iad1 the lowest and gru1 the highest", () => {
    expect(Object.keys(vercelCompute).toSorted()).toEqual([...vercelRegions].toSorted());
    const cpu = Object.entries(vercelCompute).toSorted(([, a], [, b]) => a.cpuUsdPerHour.value - b.cpuUsdPerHour.value);
    expect([cpu[0]?.[0], cpu.at(-1)?.[0]]).toEqual(["iad1", "gru1"]);
    // Memory follows the processor within a few per cent: a row that was swapped does not.
    for (const { cpuUsdPerHour, memoryUsdPerGbHour } of Object.values(vercelCompute))
      expect(memoryUsdPerGbHour.value / cpuUsdPerHour.value).toBeCloseTo(0.083, 2);
  });

  test("every host and every default has a price, and hosts are of models in the catalogue", () => {
    const call = { tokensIn: 128, tokensOut: 128, now: new Date("2026-11-23T12:00:00Z") };
    const names = [...Object.values(hostsOfModel).flat(), ...Object.values(defaultCalls)];
    expect(names.filter((name) => (callPrice(name, call)?.usd ?? 0) <= 0)).toEqual([]);
    const ids = new Set(models.map(({ id }) => id));
    expect(Object.keys(hostsOfModel).filter((id) => !ids.has(id))).toEqual([]);
  });

  test("a larger GPU of the same vendor is not cheaper", () => {
    const aws = Object.values(gpus).filter(({ vendor }) => vendor === "aws");
    const bySize = aws.toSorted(
      (a, b) => a.memoryBytes.value - b.memoryBytes.value || a.usdPerHour.value - b.usdPerHour.value,
    );
    expect(bySize.map(({ usdPerHour }) => usdPerHour.value)).toEqual(
      bySize.map(({ usdPerHour }) => usdPerHour.value).toSorted((a, b) => a - b),
    );
  });
});

function endOf(day: string): Date {
  return new Date(`${day}T23:59:59Z`);
}

describe("age", () => {
  const price = { source: "https://example.com/prices", checkedAt: "2026-06-01" };

  test("90 days are fine, 91 are not", () => {
    expect(ageDays("2026-06-01", endOf("2026-08-30"))).toBe(90);
    expect(stalePrices([price], endOf("2026-08-30"))).toEqual([]);
    expect(stalePrices([price, price], endOf("2026-08-31"))).toEqual([
      "prices of 2026-06-01 are older than 90 days: check https://example.com/prices",
    ]);
  });
});
