import { expect, test } from "vitest";
import { assumptions, commonRpsPerInstance, engines } from "../../../src/data/engines.ts";
import type { Fact } from "../../../src/data/fact.ts";
import { platforms, vercelRegions } from "../../../src/data/platforms.ts";

/** Everything in a tree that looks like a number somebody can check. */
function factsIn(value: unknown, path: string): [string, Fact][] {
  if (typeof value !== "object" || value === null) return [];
  if (isFact(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, each]) => factsIn(each, `${path}.${key}`));
}

function isFact(value: object): value is Fact {
  return "value" in value;
}

const facts = [
  ...factsIn(engines, "engines"),
  ...factsIn(assumptions, "assumptions"),
  ...factsIn(platforms, "platforms"),
  ["commonRps", { value: commonRpsPerInstance.low, ...commonRpsPerInstance }] satisfies [string, Fact],
];

test.each(facts)("%s has a value, a source and a date", (_, fact) => {
  expect(fact.value).toBeGreaterThanOrEqual(0);
  expect(Number.isFinite(fact.value)).toBe(true);
  expect(fact.source.length).toBeGreaterThan(10);
  expect(fact.checkedAt).toMatch(/^20\d\d-\d\d-\d\d$/);
});

test("there are facts to check, and no bare number among them", () => {
  expect(facts.length).toBeGreaterThan(40);
  expect(bareNumbers({ engines, assumptions, platforms })).toEqual([]);
});

test("Vercel has 20 regions, each once", () => {
  expect(new Set(vercelRegions).size).toBe(20);
});

function bareNumbers(value: unknown, path = ""): string[] {
  if (typeof value === "number") return [path];
  if (typeof value !== "object" || value === null || "value" in value) return [];
  return Object.entries(value).flatMap(([key, each]) => bareNumbers(each, `${path}.${key}`));
}
