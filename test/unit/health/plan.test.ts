import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../src/config/read.ts";
import type { Config } from "../../../src/config/schema.ts";
import { planHealth, watchPlan, type HealthPlan } from "../../../src/health/plan.ts";
import { routeProbe } from "../../../src/health/requests/probes.ts";

function config(more: object = {}): Config {
  return parseConfig({
    version: 1,
    name: "app",
    task: "embeddings",
    mode: "local",
    model: { id: "use-lite" },
    latencyBudgetMs: 250,
    ...more,
  });
}

const open = (ratePerSecond: number): object => ({ kind: "open", ratePerSecond, rampMs: 0 });

const values = ({ limits }: HealthPlan): object => Object.fromEntries(limits.map(({ key, value }) => [key, value]));

describe("default SLOs depend on what a request costs", () => {
  test("free: p95, errors and throughput, offered at 1.1 times", () => {
    const plan = planHealth(config());
    expect(values(plan)).toEqual({ p95Ms: 250, errorRate: 0.01, throughputPerSecond: 100 });
    expect(plan.load).toMatchObject({
      pace: open(110),
      requests: 6_600,
      minDurationMs: 10_000,
      durationMs: 60_000,
      maxCostUsd: null,
      timeoutMs: 10_000,
    });
    expect(plan.isPaid).toBe(false);
    expect(plan.limits.every(({ whenUnproven }) => whenUnproven === "inconclusive")).toBe(true);
  });

  test.each([
    [{ task: "chat" }, 20, { firstTokenMs: 250, errorRate: 0.01, goodAnswers: 1 }],
    [{ task: "image", mode: "external" }, 5, { p95Ms: 250, errorRate: 0.01, goodAnswers: 1 }],
    [{ mode: "hybrid" }, 20, { p95Ms: 250, errorRate: 0.01, goodAnswers: 1 }],
  ] as const)("paid: %o sends %d", (more, requests, expected) => {
    const plan = planHealth(config(more));
    expect(values(plan)).toEqual(expected);
    expect(plan.load).toMatchObject({
      requests,
      pace: open(2),
      minDurationMs: 0,
      maxCostUsd: 1,
      timeoutMs: 60_000,
    });
    expect(plan.isPaid).toBe(true);
    expect(plan.limits[0]?.whenUnproven).toBe("warn");
  });

  test.each([
    ["chat", 20],
    ["classify", 20],
    ["image", 5],
  ])("the model of an added function is paid, although the app's own is free: %s", (task, requests) => {
    const probes = ["embeddings", task].map((name) => ({
      name,
      path: `/api/${name}`,
      method: "POST" as const,
      body: {},
    }));
    const plan = planHealth(config({ task: "embeddings", mode: "local", probes }));
    expect(plan).toMatchObject({ isPaid: true, load: { requests, pace: open(2), maxCostUsd: 1 } });
  });

  test("a function of an app that calls a paid model is paid, whatever its method and query", () => {
    const probes = [{ name: "ask", path: "/api/ask?q={{n}}" }];
    const own = config({ mode: "external", probes });
    for (const path of ["/api/ask?q=hi", "/api/other"]) {
      expect(planHealth(own, { route: routeProbe(path) })).toMatchObject({ isPaid: true, load: { requests: 20 } });
    }
    expect(planHealth(own, { route: routeProbe("/about") })).toMatchObject({ isPaid: false });
    expect(planHealth(own, { route: routeProbe("/api/health") })).toMatchObject({ isPaid: false });
  });

  test("an app that is only known by its URL: no throughput, and only reading is free", () => {
    const plan = planHealth(null);
    expect(values(plan)).toEqual({ p95Ms: 300, errorRate: 0.01 });
    expect(plan.probes).toEqual([routeProbe("/api/health")]);
    expect(plan).toMatchObject({ needsHealthDocument: true, load: { requests: 6_600 } });
    expect(planHealth(null, { route: { ...routeProbe("/x"), method: "POST" } })).toMatchObject({
      needsHealthDocument: false,
      load: { requests: 20 },
    });
  });
});

describe("what was asked wins", () => {
  test("edge-ai.json over the defaults, flags over edge-ai.json", () => {
    const own = config({ slo: { p99Ms: 900, errorRate: 0.02 } });
    expect(values(planHealth(own))).toEqual({ p95Ms: 250, p99Ms: 900, errorRate: 0.02 });
    expect(values(planHealth(own, { slo: { errorRate: 0.05, p95Ms: 80 } }))).toEqual({
      p95Ms: 80,
      p99Ms: 900,
      errorRate: 0.05,
    });
  });

  test("a limit from a flag must be proven on a paid route too", () => {
    const { limits } = planHealth(config({ mode: "hybrid" }), { slo: { p95Ms: 80 } });
    expect(limits.map(({ key, whenUnproven }) => [key, whenUnproven])).toEqual([
      ["p95Ms", "inconclusive"],
      ["errorRate", "warn"],
      ["goodAnswers", "inconclusive"],
    ]);
  });

  test("limits of a probe are about that probe", () => {
    const probes = [{ name: "batch", path: "/api/batch", slo: { p95Ms: 900 } }];
    expect(planHealth(config({ probes })).limits.at(-1)).toMatchObject({ key: "p95Ms", value: 900, probe: "batch" });
  });

  test.each([
    [{ slo: { throughputPerSecond: 20 } }, 22, 1_320],
    [{ slo: { throughputPerSecond: { limit: 1_000, level: "warn" } } }, 1_100, 66_000],
    [{ ratePerSecond: 200 }, 200, 12_000],
    [{ ratePerSecond: 100, rampMs: 10_000, durationMs: 20_000 }, 100, 1_500],
    [{ minDurationMs: 120_000 }, 110, 13_200],
    [{ durationMs: 30_000 }, 110, 3_300],
    [{ durationMs: 30_000, maxRequests: 50 }, 110, 50],
    [{ maxRequests: 59 }, 110, 59],
    [{ ratePerSecond: 100_000, durationMs: 3_600_000 }, 100_000, 100_000],
  ] as const)("%o", (wishes, ratePerSecond, requests) => {
    expect(planHealth(config(), wishes).load).toMatchObject({ pace: { ratePerSecond }, requests });
  });

  test.each([
    [{ durationMs: 2_000 }, { minDurationMs: 2_000, durationMs: 2_000 }],
    [{ durationMs: 30_000 }, { minDurationMs: 10_000, durationMs: 30_000 }],
    [{ maxRequests: 50 }, { minDurationMs: 10_000, durationMs: null }],
    [
      { concurrency: 8, maxBytes: 1_000 },
      { pace: { kind: "closed", concurrency: 8 }, maxInFlight: 8, maxBytes: 1_000 },
    ],
    [{ maxCostUsd: 0.5 }, { maxCostUsd: 0.5 }],
  ] as const)("%o bounds the load", (wishes, load) => {
    expect(planHealth(config(), wishes).load).toMatchObject(load);
  });

  test("a closed loop says nothing about a throughput that nobody asked for", () => {
    expect(values(planHealth(config(), { concurrency: 4 }))).toEqual({ p95Ms: 250, errorRate: 0.01 });
  });

  test("a limit may only warn", () => {
    const { limits } = planHealth(config({ slo: { p95Ms: 100, p99Ms: { limit: 900, level: "warn" } } }));
    expect(limits.map(({ key, value, level }) => [key, value, level])).toEqual([
      ["p95Ms", 100, "error"],
      ["p99Ms", 900, "warn"],
      ["errorRate", 0.01, "error"],
    ]);
  });

  test("a lower rate leaves out the throughput that nobody asked for", () => {
    expect(values(planHealth(config(), { ratePerSecond: 20 }))).toEqual({ p95Ms: 250, errorRate: 0.01 });
  });
});

describe("refused", () => {
  test("a duration in which nothing is due", () => {
    expect(() => planHealth(config(), { ratePerSecond: 1, durationMs: 500 })).toThrow(
      expect.objectContaining({ code: "USAGE" }),
    );
  });

  test("every probe that cannot be sent, at once", () => {
    const probes = [
      { name: "a", path: "/a", body: {} },
      { name: "b", path: "/b", headers: { "bad header": "x", expect: "y" } },
      { name: "b", path: "/c" },
    ];
    expect(() => planHealth(config({ probes }))).toThrow(
      /GET has no body(.|\n)*not the name of a header(.|\n)*belongs to the connection(.|\n)*same name/,
    );
  });
});

test("the watch may be sure earlier than the gate, and is bounded in the same way", () => {
  const gate = planHealth(config());
  expect(watchPlan(gate)).toEqual({ ...gate, load: { ...gate.load, minDurationMs: 5_000 } });
  const paid = planHealth(config({ mode: "hybrid" }));
  expect(watchPlan(paid)).toEqual(paid);
});
