import { describe, expect, test } from "vitest";
import { judge, judgeLimit, overall, type Check } from "../../../src/health/judge.ts";
import { createSamples, record, type Samples } from "../../../src/health/samples.ts";
import { evidenceOf } from "../../../src/health/evidence.ts";
import type { Limit, LimitKey } from "../../../src/health/slo.ts";

const limit = (key: LimitKey, value: number, whenUnproven: Limit["whenUnproven"] = "inconclusive"): Limit => ({
  key,
  value,
  probe: null,
  whenUnproven,
});

/** A run of latencies in ms; null is an error after 1 ms. `planned` counts those that were never finished too. */
function run(latencies: readonly (number | null)[], { rate = 100, planned = latencies.length } = {}): Samples {
  const samples = createSamples(rate, new Uint16Array(planned));
  for (const [i, ms] of latencies.entries()) {
    samples.started++;
    record(samples, i, {
      cause: ms === null ? "reset" : null,
      detail: "",
      latencyMs: ms ?? 1,
      firstTokenMs: (ms ?? 1) / 2,
    });
  }
  return samples;
}

const of = (n: number, ms: number | null): (number | null)[] => Array.from({ length: n }, () => ms);

function judged(one: Limit, samples: Samples): Check {
  return judgeLimit(one, evidenceOf(samples, null));
}

describe("a limit in milliseconds", () => {
  test.each([
    ["enough and none slow", of(59, 10), "pass", "0 slow of 59"],
    ["too few", of(40, 10), "inconclusive", "0 slow of 40; p95 < 300 ms needs 59: 19 more"],
    ["a slow one costs more", [...of(58, 10), 400], "inconclusive", "1 slow of 59; p95 < 300 ms needs 93: 34 more"],
    ["the limit itself is slow", of(59, 300), "fail", "59 slow of 59; 7 rule out p95 < 300 ms"],
    [
      "near the limit",
      [...of(94, 10), ...of(6, 400)],
      "inconclusive",
      "6 slow of 100; too close to p95 < 300 ms to say kept or broken",
    ],
    ["nothing", [], "inconclusive", "nothing was measured"],
  ])("%s", (_, latencies, verdict, text) => {
    expect(judged(limit("p95Ms", 300), run(latencies))).toMatchObject({ verdict, text, name: "p95", unit: "ms" });
  });

  test("errors are slow however quickly they came", () => {
    const check = judged(limit("p95Ms", 300), run([...of(80, 10), ...of(20, null)]));
    expect(check).toMatchObject({ verdict: "fail", actual: null, n: 100 });
    expect(check.text).toMatch(/^20 slow or failed of 100/);
  });

  test("how many more are said as a number", () => {
    expect(judged(limit("p95Ms", 300), run(of(40, 10)))).toMatchObject({ more: 19 });
    expect(judged(limit("p95Ms", 300), run(of(60, 10)))).toMatchObject({ more: null });
  });

  test("each key has its own quantile", () => {
    const samples = run([...of(500, 10), ...of(500, 100)]);
    const actual = (["p50Ms", "p95Ms", "p99Ms", "maxMs", "firstTokenMs"] as const).map(
      (key) => judged(limit(key, 1_000), samples).actual,
    );
    expect(actual).toEqual([10, 100, 100, 100, 50]);
  });

  test("max is about the requests that were sent, and one is enough to break it", () => {
    expect(judged(limit("maxMs", 50), run([...of(99, 10), 60]))).toMatchObject({ verdict: "fail", actual: 60 });
    expect(judged(limit("maxMs", 50), run(of(99, 10)))).toMatchObject({ verdict: "pass" });
  });
});

describe("error rate", () => {
  test.each([
    [300, 0, "pass"],
    [298, 0, "inconclusive"],
    [300, 7, "fail"],
    [300, 300, "fail"],
    [0, 0, "inconclusive"],
  ])("%i requests, %i errors", (n, errors, verdict) => {
    const check = judged(limit("errorRate", 0.01), run([...of(n - errors, 10), ...of(errors, null)]));
    expect(check).toMatchObject({ verdict, actual: n === 0 ? null : errors / n });
  });

  test("0 cannot be proven, only broken", () => {
    expect(judged(limit("errorRate", 0), run(of(100, 10)))).toMatchObject({
      verdict: "inconclusive",
      text: "0 errors of 100; no number of requests proves error rate < 0 %",
    });
    expect(judged(limit("errorRate", 0), run([null, ...of(99, 10)]))).toMatchObject({ verdict: "fail" });
  });
});

describe("throughput", () => {
  const throughput = limit("throughputPerSecond", 100);

  test("what came back in the sending window, moved by the median latency", () => {
    expect(judged(throughput, run(of(1_100, 900), { rate: 110 }))).toMatchObject({ verdict: "pass", actual: 110 });
  });

  test("a server that answers 50 a second and queues the rest", () => {
    // Request i is answered at (i + 1) · 20 ms, and was due at i · 9.09 ms.
    const queue = Array.from({ length: 1_100 }, (_, i) => (i + 1) * 20 - (i * 1_000) / 110);
    const check = judged(throughput, run(queue, { rate: 110 }));
    expect(check.verdict).toBe("fail");
    expect(check.actual).toBeCloseTo(50, 0);
  });

  test("one slow answer at the end does not matter", () => {
    expect(judged(throughput, run([...of(1_099, 10), 9_000], { rate: 110 }))).toMatchObject({ verdict: "pass" });
  });

  test("errors are not good answers", () => {
    const half = Array.from({ length: 1_100 }, (_, i) => (i % 2 === 0 ? 10 : null));
    expect(judged(throughput, run(half, { rate: 110 }))).toMatchObject({ verdict: "fail" });
    expect(judged(throughput, run(of(1_100, null), { rate: 110 }))).toMatchObject({ verdict: "fail", actual: 0 });
  });

  test("too little offered or too short says nothing", () => {
    expect(judged(throughput, run(of(500, 10), { rate: 50 }))).toMatchObject({ verdict: "inconclusive" });
    expect(judged(throughput, run(of(110, 10), { rate: 110 }))).toMatchObject({ verdict: "inconclusive", more: 440 });
  });
});

describe("a limit that a small paid run cannot prove", () => {
  const soft = limit("errorRate", 0.01, "warn");

  test.each([
    ["kept: warned", of(20, 10), "warn", "inconclusive"],
    ["an error: blocks", [...of(19, 10), null], "fail", "inconclusive"],
    ["many errors: fails", [...of(10, 10), ...of(10, null)], "fail", "fail"],
  ])("%s", (_, latencies, level, verdict) => {
    expect(judged(soft, run(latencies))).toMatchObject({ level, verdict });
  });

  test("one that it could prove still blocks", () => {
    // 299 could have been enough, but the run was interrupted.
    expect(judged(soft, run(of(20, 10), { planned: 299 }))).toMatchObject({ level: "fail", verdict: "inconclusive" });
  });

  test("says so", () => {
    expect(judged(soft, run(of(20, 10))).text).toMatch(/^not proven: 0 errors of 20;/);
  });
});

test("good answers: one is needed", () => {
  expect(judged(limit("goodAnswers", 1), run([null, 10]))).toMatchObject({ verdict: "pass", actual: 1 });
  expect(judged(limit("goodAnswers", 1), run([null]))).toMatchObject({ verdict: "fail", actual: 0 });
});

test("a limit that is not measured yet is never a pass", () => {
  expect(judged(limit("costPerRequestUsd", 0.001), run(of(100, 10)))).toMatchObject({ verdict: "inconclusive" });
});

test("a limit of one probe is judged on its requests only", () => {
  const samples = run([...of(50, 10), ...of(50, null)]);
  samples.probe.fill(1, 50);
  const probes = ["good", "bad"].map((name) => ({ name }));
  const checks = judge(
    samples,
    probes.map(({ name }) => ({ ...limit("errorRate", 0.1), probe: name })),
    probes,
  );
  expect(checks.map(({ probe, n, verdict }) => [probe, n, verdict])).toEqual([
    ["good", 50, "pass"],
    ["bad", 50, "fail"],
  ]);
});

const check = (verdict: Check["verdict"], level: Check["level"] = "fail"): Check => ({
  ...judged(limit("p95Ms", 300), run(of(100, 10))),
  verdict,
  level,
});

describe("overall", () => {
  test.each([
    ["fail", [check("pass"), check("inconclusive"), check("fail")]],
    ["fail", [check("pass"), check("fail", "warn")]],
    ["inconclusive", [check("pass"), check("inconclusive")]],
    ["pass", [check("pass"), check("inconclusive", "warn")]],
    ["inconclusive", [check("inconclusive", "warn")]],
    ["inconclusive", []],
  ] as const)("%s", (verdict, checks) => {
    expect(overall(checks)).toBe(verdict);
  });
});
