import { describe, expect, it } from "vitest";
import type { HealthDocument } from "../../../src/health/check.ts";
import { explain } from "../../../src/release/explain.ts";

const check: HealthDocument["checks"][number] = {
  name: "p95",
  probe: null,
  unit: "ms",
  limit: 300,
  actual: 412.4,
  interval: [400, 420],
  n: 1_200,
  verdict: "fail",
  level: "error",
  more: null,
  text: "900 slow of 1200; that rules out p95 < 300 ms",
};

const health: HealthDocument = {
  version: 1,
  url: "http://127.0.0.1:1",
  verdict: "fail",
  buildId: "b",
  modelId: "m",
  probes: [{ name: "embed", method: "POST", path: "/api/embeddings" }],
  load: {
    kind: "open",
    ratePerSecond: 110,
    concurrency: null,
    rampMs: 0,
    timeoutMs: 10_000,
    sentMs: 10_909,
    ended: "decided",
  },
  measurement: {
    requests: 1_200,
    errors: 0,
    errorRate: 0,
    throughputPerSecond: 110,
    offeredPerSecond: 110,
    goodput: 1,
    latencyMs: { p50: 1, p95: 1, p99: 1, max: 1 },
    firstTokenMs: { p50: 1, p95: 1 },
    coldStartMs: 1,
    cacheHits: 0,
    bytes: 1_000,
    sendLagMs: { p99: 1 },
    eventLoopDelayMs: { p99: 1 },
    stream: null,
    cost: null,
    errorsByCause: {},
  },
  checks: [check],
  remedies: [],
  warnings: [],
};

describe("explain", () => {
  it("has nothing to say about a pass", () => {
    expect(explain({ ...health, verdict: "pass" })).toEqual({});
  });

  it("takes the cause of the health check when it has one", () => {
    expect(explain({ ...health, cause: "wrong-build", message: "it is a, not b", hint: "wait" })).toEqual({
      cause: "wrong-build",
      message: "it is a, not b",
      hint: "wait",
    });
  });

  it("names every limit that was broken, and no other", () => {
    const checks = [
      check,
      {
        ...check,
        name: "error rate",
        unit: "fraction" as const,
        actual: 0.05,
        probe: "embed",
        text: "60 errors of 1200",
      },
      { ...check, name: "p50", verdict: "pass" as const },
      { ...check, name: "p99", verdict: "inconclusive" as const },
    ];
    expect(explain({ ...health, checks })).toEqual({
      cause: "slo",
      message: "p95 412 ms: 900 slow of 1200; that rules out p95 < 300 ms\nerror rate of embed 5 %: 60 errors of 1200",
      hint: expect.stringContaining("slo in edge-ai.json"),
    });
  });

  it("shows the first errors", () => {
    const errorsByCause = { "server-error": { count: 60, first: "request 20: HTTP 500", requestId: null } };
    expect(explain({ ...health, measurement: { ...health.measurement, errorsByCause } }).hint).toBe(
      "the errors: 60 × server-error (request 20: HTTP 500)",
    );
  });

  it("names what was not proven, but not what is only said", () => {
    const open = { ...check, verdict: "inconclusive" as const, actual: null, text: "needs 69: 49 more" };
    const checks = [open, { ...open, name: "p99", level: "warn" as const }];
    expect(explain({ ...health, verdict: "inconclusive", checks, hint: "send more: --max-requests 69" })).toEqual({
      cause: "not-proven",
      message: "p95 –: needs 69: 49 more",
      hint: "send more: --max-requests 69",
    });
  });
});
