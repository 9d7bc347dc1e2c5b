import fs from "node:fs";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { costFigures, estimateCost, loadPrices, priceTable, usdOf } from "../../../src/health/price.ts";
import { routeProbe } from "../../../src/health/requests/probes.ts";
import type { Usage } from "../../../src/health/samples.ts";

const usage = (model: string | null, inputTokens = 1_000, outputTokens = 100, cachedInputTokens = 0): Usage => ({
  model,
  inputTokens,
  cachedInputTokens,
  outputTokens,
});

test("before the table is loaded, nothing can be priced", async () => {
  vi.resetModules();
  const fresh = await import("../../../src/health/price.ts");
  expect(() => fresh.usdOf(usage("gpt-4o-mini"))).toThrow("loadPrices() comes before prices");
  expect(fresh.costFigures([])).toBeNull();
});

test("the version in the text is the one that is installed", () => {
  const manifest: unknown = JSON.parse(fs.readFileSync("package.json", "utf8"));
  expect(manifest).toHaveProperty(["devDependencies", priceTable.name], priceTable.version);
});

describe("prices", () => {
  beforeAll(loadPrices);

  // $0.15 a million input tokens, $0.075 cached, $0.60 output; the provider's page, as of the table's date.
  test.each<[string, Usage, number | null]>([
    ["tokens", usage("gpt-4o-mini"), 0.000_21],
    ["a date in the name", usage("gpt-4o-mini-2024-07-18"), 0.000_21],
    ["a provider in the name", usage("openai/gpt-4o-mini"), 0.000_21],
    ["cached tokens", usage("gpt-4o-mini", 1_000, 100, 1_000), 0.000_135],
    ["a model of one's own", usage("use-lite"), null],
    ["no model", usage(null), null],
    ["an unknown provider", usage("nobody/gpt-4o-mini"), null],
  ])("%s", (_, used, usd) => {
    const found = usdOf(used);
    expect(found === null ? null : Number(found.toPrecision(6))).toBe(usd);
  });

  test("a provider that is said", () => {
    expect(usdOf(usage("text-embedding-3-small", 1_000_000, 0), "openai")).toBeCloseTo(0.02, 6);
    expect(usdOf(usage("gpt-4o-mini"), "no-such-provider")).toBeNull();
  });

  test("the figures of a run: what has no price is not counted, and named", () => {
    const paid = Array.from({ length: 50 }, (_, i) => usage("gpt-4o-mini", 1_000 + i, 100));
    const figures = costFigures([...paid, usage("use-lite"), usage(null)], { monthlyRequests: 1_000_000 });
    expect(figures).toMatchObject({ requests: 50, meanUsd: expect.closeTo(0.000_213_7, 7) });
    expect(figures?.highestMeanUsd).toBeGreaterThan(figures?.meanUsd ?? Infinity);
    expect(figures?.monthlyUsd).toBeCloseTo((figures?.highestMeanUsd ?? 0) * 1_000_000, 9);
    const source = `${priceTable.name} ${priceTable.version} of ${priceTable.published}`;
    expect(figures?.prices).toEqual([
      expect.stringMatching(
        /^gpt-4o-mini at OpenAI: \$0\.15\/M input, \$0\.075\/M cached input, \$0\.6\/M output tokens; .* of \d{4}-\d\d-\d\d, https:/,
      ),
      `no price for use-lite in ${source}`,
      `no price for answers that name no model in ${source}`,
    ]);
  });

  test("no known price is no figure, never 0; one answer has no bound", () => {
    expect(costFigures([usage("use-lite")])).toBeNull();
    expect(costFigures([usage("gpt-4o-mini")], { monthlyRequests: 10 })).toMatchObject({
      requests: 1,
      highestMeanUsd: null,
      monthlyUsd: null,
    });
  });

  test("the estimate", () => {
    const body = { model: "gpt-4o-mini", max_tokens: 100, messages: [{ role: "user", content: "x".repeat(3_000) }] };
    const chat = { ...routeProbe("/api/chat"), method: "POST" as const, body };
    const { usd, text } = estimateCost([chat], 20, null);
    expect(usd).toBeCloseTo(20 * (1_028 * 0.15e-6 + 100 * 0.6e-6), 9);
    expect(text).toMatch(/^20 requests cost at most about \$0\.0043 \(@pydantic/);
    const { model: _, max_tokens: __, ...rest } = body;
    const unlimited = estimateCost([{ ...chat, body: rest }], 20, "gpt-4o-mini");
    expect(unlimited.usd).toBeCloseTo(20 * (1_030 * 0.15e-6 + 1_000 * 0.6e-6), 4);
    expect(estimateCost([{ ...chat, body: rest }], 20, "use-lite")).toEqual({
      usd: null,
      text: expect.stringMatching(/^what 20 requests cost is not known: no price for use-lite in /),
    });
  });
});
