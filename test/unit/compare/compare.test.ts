import { describe, expect, test } from "vitest";
import { comparePlatforms } from "../../../src/compare/compare.ts";
import type { Cell } from "../../../src/compare/cell.ts";
import { comparisonMarkdown } from "../../../src/compare/markdown.ts";
import { renderComparison } from "../../../src/compare/render.ts";
import type { Comparison, LastMeasured } from "../../../src/compare/types.ts";
import { explainPlan } from "../../../src/plan/explain.ts";
import { planModel } from "../../../src/plan/plan.ts";
import type { PlanInput } from "../../../src/plan/types.ts";
import { modesOf } from "../../../src/scaffold/parts.ts";
import { isDeployable } from "../../../src/targets/targets.ts";
import { passing, refused } from "../health/reports/results.ts";

const now = new Date("2026-11-23T12:00:00Z");

function compare(app: PlanInput, change: Partial<Parameters<typeof comparePlatforms>[0]> = {}): Comparison {
  return comparePlatforms({
    app,
    plan: (input) => planModel(input),
    measured: [],
    modesOf,
    isDeployable,
    now,
    explain: (plan, input) => explainPlan(plan, input),
    ...change,
  });
}

const apps: PlanInput[] = [
  { model: "use-lite" },
  { model: "use-lite", regions: ["global"] },
  { model: "all-minilm-l6-v2", task: "classify" },
  { model: "smollm2-135m-instruct", latencyBudgetMs: 5_000 },
  { model: "qwen2.5-7b-instruct" },
  { model: "qwen2.5-7b-instruct", regions: ["global"] },
  { model: "gpt-4o-mini" },
  { model: "gpt-4o-mini", regions: ["global"] },
  { model: "Llama-3.1-8B", regions: ["fra1"] },
  { model: "flux.1-schnell", regions: ["global"] },
  { params: 20e9, task: "chat", regions: ["global"] },
  { model: "use-lite", target: "cloudflare" },
  { model: "use-lite", target: "vercel", mode: "local" },
  { model: "use-lite", latencyBudgetMs: 1, mode: "local" },
];

const measured: LastMeasured[] = [
  { target: "vercel", checkedAt: "2026-11-20T10:00:00.000Z", health: passing().document },
];

const cellsOf = ({ platforms, thisApp }: Comparison): [string, Cell][] =>
  [...platforms, ...thisApp].flatMap(({ id, cells }) =>
    Object.entries(cells).map(([name, cell]): [string, Cell] => [`${id} of ${name}`, cell]),
  );

describe("the recommendation is the planner's", () => {
  test.each(apps)("%j", (app) => {
    const plan = planModel(app);
    expect(compare(app).recommendation).toMatchObject({
      platform: plan.platform,
      mode: plan.mode,
      fits: plan.fits,
      reason: plan.platformReason,
      rule: "platform",
    });
  });

  test("both platforms win somewhere, and one app fits on neither", () => {
    const found = apps.map((app) => compare(app).recommendation);
    expect(new Set(found.map(({ platform }) => platform))).toEqual(new Set(["vercel", "cloudflare"]));
    expect(found.some(({ fits }) => !fits)).toBe(true);
  });

  test("a platform that this version cannot deploy to is said to be one", () => {
    const isNowhere = { isDeployable: (): boolean => false };
    expect(compare({ model: "use-lite" }, isNowhere).warnings[0]).toBe(
      "this version of edge-ai cannot deploy to Vercel yet",
    );
  });
});

describe.each(apps)("every cell of %j", (app) => {
  const comparison = compare(app, { measured });

  test("has a source and a date, or says that nobody knows", () => {
    for (const [name, { kind, figures, sources }] of cellsOf(comparison)) {
      const isSaid = kind === "published" || kind === "second hand" || kind === "measured by you";
      expect(sources.length > 0, `${name}: ${kind}`).toBe(isSaid || (kind === "planned" && sources.length > 0));
      for (const { source, checkedAt } of sources) {
        expect(source.length).toBeGreaterThan(10);
        expect(checkedAt).toMatch(/^20\d\d-\d\d-\d\d$/);
      }
      if (kind === "unknown" || kind === "not published") expect(figures).toEqual([]);
    }
  });

  test("prints no number that is not one of its figures, and all of those are explained", () => {
    const { explained = [] } = comparison;
    for (const [name, { text, figures }] of cellsOf(comparison)) {
      const rest = figures.reduce((left, figure) => left.replace(figure.text, ""), text);
      // Names with digits: regions, and rules that have a percentile in their name.
      expect(rest.replaceAll(/\b[a-z]{3}\d\b|latency-p95/g, ""), name).not.toMatch(/\d/);
      for (const { value, unit } of figures) {
        const found = explained.find((each) => each.value === value && each.unit === unit);
        expect(found?.inputs.length, `${name}: ${value} ${unit}`).toBeGreaterThan(0);
      }
    }
  });

  test("is at most 100 characters wide as text", () => {
    const { explained: _, ...plain } = comparison;
    for (const line of renderComparison(plain).split("\n")) expect(line.length, line).toBeLessThanOrEqual(100);
  });
});

const valuesOf = (checks: LastMeasured[]): object =>
  Object.fromEntries(
    cellsOf(compare({ model: "use-lite" }, { measured: checks }))
      .filter(([name]) => name.startsWith("measured-"))
      .map(([name, { kind, text }]) => [name, `${kind}: ${text}`]),
  );

describe("what you measured", () => {
  test("nothing: every latency is unknown, and the way to know it is told", () => {
    expect(new Set(Object.values(valuesOf([])))).toEqual(new Set(["unknown: unknown"]));
    expect(compare({ model: "use-lite" }).warnings).toContainEqual(
      expect.stringContaining("edge-ai healthcheck <url>"),
    );
  });

  test("on one platform: only that one has numbers, with host and date", () => {
    const { latencyMs } = passing().document.measurement;
    const values = valuesOf(measured);
    expect(values).toMatchObject({
      "measured-p95 of vercel": `measured by you: ${Number(latencyMs.p95?.toFixed(1))} ms`,
      "measured-p95 of cloudflare": "unknown: unknown",
    });
    const text = renderComparison(compare({ model: "use-lite" }, { measured }));
    expect(text).toContain(`healthcheck of ${new URL(passing().document.url).host}`);
    expect(text).toContain("(2026-11-20)");
  });

  test("a check that measured nothing gives no number", () => {
    const checks: LastMeasured[] = [{ target: "cloudflare", checkedAt: now.toISOString(), health: refused().document }];
    expect(valuesOf(checks)).toMatchObject({ "measured-p95 of cloudflare": expect.stringContaining("measured none") });
  });

  test("the local target is no platform", () => {
    const checks: LastMeasured[] = [{ ...measured[0], target: "local" } as LastMeasured];
    expect(new Set(Object.values(valuesOf(checks)))).toEqual(new Set(["unknown: unknown"]));
  });
});

const old = (day: string): string[] =>
  compare({ model: "use-lite" }, { now: new Date(day) }).warnings.filter((text) => text.includes("days old"));

describe("facts grow old", () => {
  test.each([
    ["2026-02-27", 0],
    ["2026-05-27", 0],
    ["2026-05-28", 1],
  ])("on %s %d pages are older than 90 days", (day, count) => {
    expect(old(day)).toHaveLength(count);
  });

  test("a page is told once, with its age", () => {
    expect(old("2026-11-23")).toContain("104 days old: https://vercel.com/docs/regions (2026-08-11)");
    expect(new Set(old("2027-11-23")).size).toBe(old("2027-11-23").length);
  });
});

describe("templates", () => {
  const { templates } = compare({ model: "use-lite" });

  test("there is a row for each that edge-ai makes", () => {
    const made = Object.entries(modesOf).flatMap(([task, modes]) => modes.map((mode) => `${task} ${mode}`));
    expect(templates.map(({ task, mode }) => `${task} ${mode}`).toSorted()).toEqual(made.toSorted());
  });

  test("the model inside the function is for Vercel, everything thin for both", () => {
    for (const { mode, failed } of templates) {
      expect(failed.vercel).toEqual([]);
      if (mode === "local") expect(failed.cloudflare).toContain("native-code");
      else expect(failed.cloudflare).toEqual([]);
    }
    const chat = templates.find(({ task, mode }) => task === "chat" && mode === "local");
    expect(chat?.failed.cloudflare).toContain("memory-bytes");
  });
});

const runsAs = (app: PlanInput): object =>
  Object.fromEntries(
    cellsOf(compare(app))
      .filter(([name]) => name.startsWith("runs-as"))
      .map(([name, { text }]) => [name, text]),
  );

const monthlyCost = ({ platform }: { platform: string }): { usd: number; text: string; source: string } => ({
  usd: platform === "vercel" ? 20 : 5,
  text: "a price",
  source: "a page with prices",
});

const price = (app: PlanInput): string[] =>
  cellsOf(compare(app, { plan: (input) => planModel(input, { monthlyCost }) }))
    .filter(([name]) => name.startsWith("price"))
    .map(([, { text }]) => text);

describe("what the app does there", () => {
  test("native code keeps the model out of Workers", () => {
    expect(runsAs({ model: "use-lite" })).toEqual({
      "runs-as of vercel": "local",
      "runs-as of cloudflare": expect.stringMatching(/^hybrid; local fails native-code/),
    });
  });

  test("a mode that was asked for and cannot be is said with its rules", () => {
    expect(runsAs({ model: "use-lite", mode: "local" })).toMatchObject({
      "runs-as of cloudflare": expect.stringMatching(/^not as local: native-code/),
    });
  });

  test("where the mode of a project does not run, it is the one that does", () => {
    const cells = cellsOf(compare({ model: "use-lite", mode: "local" }, { isModeAsked: false }));
    const on = (platform: string): string | undefined =>
      cells.find(([name]) => name === `runs-as of ${platform}`)?.[1].text;
    expect(on("vercel")).toBe("local");
    expect(on("cloudflare")).toMatch(/^hybrid; local fails native-code/);
  });

  test("the price is the planner's, on each platform", () => {
    expect(price({ model: "gpt-4o-mini", requestsPerMonth: 1_000 })).toEqual([
      "$20.00 in external mode",
      "$5.00 in external mode",
    ]);
    expect(price({ model: "gpt-4o-mini" })).toEqual(Array(2).fill("unknown: say the traffic with --monthly-requests"));
  });
});

test("Markdown has every row and source, and no cell that a host could end", () => {
  const health = { ...passing().document, url: "https://a.example" };
  const comparison = compare(
    { model: "use-lite" },
    { measured: [{ target: "vercel", checkedAt: now.toISOString(), health }] },
  );
  const text = comparisonMarkdown(comparison);
  for (const { title } of [...comparison.platforms, ...comparison.thisApp]) expect(text).toContain(`| ${title} |`);
  for (const line of text.split("\n").filter((each) => each.startsWith("|"))) {
    expect(line.split(/(?<!\\)\|/)).toHaveLength(5);
  }
  expect(text).toContain("healthcheck of a.example");
});
