import { beforeAll, describe, expect, test } from "vitest";
import { costDocument, type CostDocument } from "../../../src/cost/document.ts";
import { costWarnings } from "../../../src/cost/cost-warnings.ts";
import { explainCost } from "../../../src/cost/explain-cost.ts";
import { costMarkdown } from "../../../src/cost/markdown.ts";
import { costPlan } from "../../../src/cost/plan-cost.ts";
import { renderCost } from "../../../src/cost/render.ts";
import { loadPrices } from "../../../src/data/token-prices.ts";
import type { Explained } from "../../../src/explain.ts";
import { planModel } from "../../../src/plan/plan.ts";
import type { PlanInput } from "../../../src/plan/types.ts";
import { now } from "./costed.ts";

beforeAll(loadPrices);

function cost(input: PlanInput, limitUsd?: number): { document: CostDocument; explained: Explained[] } {
  const plan = planModel(input);
  const priced = costPlan(plan, { now });
  return {
    document: costDocument(plan, priced, limitUsd, costWarnings(plan, priced, now)),
    explained: explainCost(plan, priced, limitUsd),
  };
}

/** Names have digits too: of models, regions, GPUs and plans; and pages and dates. */
const names = [/https:\S+/g, /\d{4}-\d\d-\d\d/g, /\b[a-z]{3}1\b/g, /\b(?:[\w-]+:)?[\w./-]*[a-z][\w./-]*\d[\w./-]*\b/gi];

function numbersIn(text: string): number[] {
  const plain = text.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
  const rest = names.reduce((left, name) => left.replaceAll(name, " "), plain);
  return [...rest.matchAll(/-?\$?\d[\d,]*(?:\.\d+)?/g)].map(([found]) => Number(found.replaceAll(/[$,]/g, "")));
}

function numbersOf(value: unknown): number[] {
  if (typeof value === "number") return [value];
  if (typeof value === "string") return numbersIn(value);
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(numbersOf);
}

const cases: [string, PlanInput, number | undefined][] = [
  ["a model in the function", { model: "use-lite", requestsPerMonth: 1_000_000 }, 19],
  ["a chat on an endpoint", { model: "Mistral-7B", regions: ["gru1"] }, 100],
  ["a provider's own", { model: "gpt-5-mini", concurrency: 20 }, undefined],
  ["a size only", { params: 3e9, task: "chat", requestsPerMonth: 12_345 }, 5],
  ["pictures", { task: "image" }, undefined],
];

describe.each(cases)("%s", (_, input, limitUsd) => {
  test("every number of text, Markdown and JSON is explained", () => {
    const { document, explained } = cost(input, limitUsd);
    const known = new Set(explained.map(({ value }) => value));
    const { version: __, ...rest } = document;
    const printed = [...numbersIn(renderCost(document)), ...numbersIn(costMarkdown(document)), ...numbersOf(rest)];
    expect(printed.length).toBeGreaterThan(50);
    expect([...new Set(printed)].filter((number) => !known.has(number) && !known.has(-number))).toEqual([]);
  });

  test("an explanation has a formula, and inputs with sources down to a page, a flag or a choice", () => {
    const { explained } = cost(input, limitUsd);
    for (const { what, formula, inputs, value } of explained) {
      expect([what, formula.length > 3, Number.isFinite(value)]).toEqual([what, true, true]);
      for (const each of inputs) expect([what, each.name, each.source.length > 3]).toEqual([what, each.name, true]);
    }
    expect(explained.find(({ what }) => what.startsWith("month (local on vercel"))?.inputs.length ?? 9).toBeGreaterThan(
      5,
    );
  });

  test("text is at most 100 columns, but for a table's title", () => {
    const { document } = cost(input, limitUsd);
    expect(
      Math.max(
        ...renderCost(document)
          .split("\n")
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(100);
  });
});

test("a line can be counted again from what its explanation says", () => {
  const { explained } = cost({ model: "use-lite", requestsPerMonth: 1_000_000 });
  const again = (item: string, count: (input: (name: string) => number) => number): void => {
    const { inputs, value } =
      explained.find(({ what }) => what === `${item} (local on vercel, 1000000 requests)`) ?? {};
    const input = (name: string): number => Number(inputs?.find((each) => each.name === name)?.value);
    expect([item, value]).toEqual([item, expect.closeTo(count(input), 2)]);
  };
  again("active CPU", (of) => ((of("requests") * of("processor time")) / 3.6e6) * of("rate in iad1"));
  // One at a time: Little's law.
  again(
    "provisioned memory",
    (of) => ((of("requests") * of("time in flight")) / 3.6e6) * of("memory") * of("rate in iad1"),
  );
  again(
    "origin transfer",
    (of) => ((of("requests") * of("bytes of a request and its answer")) / 1e9) * of("rate in iad1"),
  );
  again("invocations", (of) => (of("requests") / 1e6) * of("rate"));
});

test("the planned mode comes first, at a tenth, once and ten times the asked traffic", () => {
  const { document } = cost({ model: "use-lite", requestsPerMonth: 5_000 });
  expect(document.requestsPerMonth).toEqual([500, 5_000, 50_000]);
  expect(document.options.map(({ planned }) => planned)).toEqual([true, false, false, false, false, false]);
  expect(document.options[0]).toMatchObject({ mode: "local", platform: "vercel", months: { length: 3 } });
  expect(document.options[1]).toMatchObject({ mode: "local", platform: "cloudflare", months: null });
  expect(document.options[1]?.reason).toContain("cannot run there");
});

test("what is planned for Cloudflare is priced on Vercel with a function of Vercel's size, in its default region", () => {
  const input = { model: "gpt-5-mini", regions: ["global"], requestsPerMonth: 1_000_000 };
  const { document, explained } = cost(input);
  expect(document.options.slice(0, 2).map(({ platform, planned }) => [platform, planned])).toEqual([
    ["cloudflare", true],
    ["vercel", false],
  ]);
  const memory = explained.find(({ what }) => what === "provisioned memory (external on vercel, 1000000 requests)");
  expect(memory?.inputs.map(({ name }) => name)).toContain("rate in iad1");
  // 1,000,000 × 3.06 s × 2 GB.
  expect(memory?.inputs[0]?.value).toBeCloseTo(1_700, 6);
});

test("a peak that is asked for sizes the endpoints", () => {
  const asked = { model: "Mistral-7B", mode: "hybrid", requestsPerMonth: 1_000, thirdParty: false } as const;
  const hours = (requestsPerSecond?: number): number | undefined => {
    const plan = planModel({ ...asked, ...(requestsPerSecond !== undefined && { requestsPerSecond }) });
    const priced = costPlan(plan, { now, thirdParty: false, requestsAtPeak: 1_000 });
    return priced.options[0]?.months?.[1]?.lines.at(-1)?.usd;
  };
  // 0.44 s of an L4 each: ten a second keep five busy.
  expect([hours(), hours(10)]).toEqual([expect.closeTo(504, 6), expect.closeTo(5 * 504, 6)]);
});

test("over the budget: what would be within it is named, cheapest first", () => {
  const { document } = cost({ model: "gpt-4o-mini", requestsPerMonth: 1_000 }, 10);
  expect(document.budget).toMatchObject({ limitUsd: 10, passed: false });
  expect(document.budget?.within[0]).toMatchObject({ platform: "cloudflare" });
  expect(renderCost(document)).toContain("over the budget of $10.00; within it: external on cloudflare");
});

test("several regions are counted in the dearest, and that is said", () => {
  const plan = planModel({ model: "use-lite", regions: ["iad1", "gru1", "fra1"] });
  const priced = costPlan(plan, { now });
  expect(costWarnings(plan, priced, now)[0]).toBe("several regions: all of it is counted in gru1, the dearest");
  expect(priced.options[0]?.months?.[0]?.lines[1]?.inputs.map(({ name }) => name)).toContain("rate in gru1");
});

test("old prices warn, once for each page; the clock decides", () => {
  const plan = planModel({ model: "use-lite" });
  const priced = costPlan(plan, { now });
  const regional =
    "prices of 2026-02-27 are older than 90 days: check https://vercel.com/docs/pricing/regional-pricing";
  expect(costWarnings(plan, priced, now).filter((warning) => warning.includes("regional-pricing"))).toEqual([regional]);
  const early = costWarnings(plan, priced, new Date("2026-05-01T00:00:00Z"));
  expect(early.filter((warning) => warning.startsWith("prices of"))).toEqual([]);
  expect(costWarnings(plan, priced, new Date("2027-11-23T00:00:00Z")).length).toBeGreaterThan(5);
});
