import { describe, expect, test } from "vitest";
import type { Check } from "../../../src/health/document.ts";
import { evidenceOf, type RunFacts } from "../../../src/health/evidence.ts";
import { isDecided, judge, judgeLimit, overall } from "../../../src/health/judge.ts";
import { dueMs, dueWithin } from "../../../src/health/load.ts";
import { createSamples, record, type Samples } from "../../../src/health/samples.ts";
import { requestsNeeded } from "../../../src/health/statistics/sequential.ts";
import type { Limit, LimitKey } from "../../../src/health/slo.ts";
import { answered } from "./answers.ts";

const limit = (key: LimitKey, value: number, more: Partial<Limit> = {}): Limit => ({
  key,
  value,
  probe: null,
  level: "error",
  whenUnproven: "inconclusive",
  ...more,
});

interface Sent {
  samples: Samples;
  facts: RunFacts;
}

/** A run of latencies in ms; null is an error after 1 ms. `planned` counts those that were never finished too. */
function run(latencies: readonly (number | null)[], { rate = 100, planned = latencies.length } = {}): Sent {
  const samples = createSamples(["good", "bad"], new Uint16Array(planned));
  for (const [i, ms] of latencies.entries()) {
    samples.dueMs[i] = (i * 1_000) / rate;
    samples.started++;
    const latencyMs = ms ?? 1;
    const firstTokenMs = latencyMs / 2;
    const stream = { headersMs: 0, firstByteMs: 0, contentMs: [firstTokenMs], outputTokens: null };
    record(samples, i, answered({ cause: ms === null ? "reset" : null, latencyMs, firstTokenMs, stream }));
  }
  return {
    samples,
    facts: { ratePerSecond: rate, rampMs: 0, sentMs: (latencies.length * 1_000) / rate, coldStartsMs: [80, 60] },
  };
}

const of = (n: number, ms: number | null): (number | null)[] => Array.from({ length: n }, () => ms);

/** `bad` among `n`, spread evenly. */
const spread = (n: number, bad: number, ms: number | null = null): (number | null)[] =>
  Array.from({ length: n }, (_, i) => (Math.floor(((i + 1) * bad) / n) > Math.floor((i * bad) / n) ? ms : 10));

const judged = (one: Limit, { samples, facts }: Sent): Check => judgeLimit(one, evidenceOf(samples, null, facts));

const P95_NEEDS = requestsNeeded(0, 0.05);

describe("a limit in milliseconds", () => {
  test.each([
    ["enough and none slow", of(P95_NEEDS, 10), "pass", `0 slow of ${P95_NEEDS}`],
    [
      "too few",
      of(40, 10),
      "inconclusive",
      `0 slow of 40; p95 < 300 ms needs ${P95_NEEDS}: ${P95_NEEDS - 40} more, about ${(P95_NEEDS - 40) / 100} s`,
    ],
    ["the limit itself is slow", of(59, 300), "fail", "59 slow of 59; that rules out p95 < 300 ms"],
    [
      "near the limit",
      spread(100, 6, 400),
      "inconclusive",
      "6 slow of 100; too close to p95 < 300 ms to say kept or broken",
    ],
    ["nothing", [], "inconclusive", "nothing was measured"],
  ])("%s", (_, latencies, verdict, text) => {
    const check = judged(limit("p95Ms", 300), run(latencies));
    expect(check).toMatchObject({ verdict, name: "p95", unit: "ms" });
    // "about 0.32 s" is said as 0.3 s.
    expect(check.text.replace(/about [\d.]+ s/, "about")).toBe(text.replace(/about [\d.]+ s/, "about"));
  });

  test("errors are slow however quickly they came", () => {
    const check = judged(limit("p95Ms", 300), run(spread(100, 20)));
    expect(check).toMatchObject({ verdict: "fail", actual: null, n: 100 });
    expect(check.text).toMatch(/^20 slow or failed of 100/);
  });

  test("how many more are said as a number, and as many more prove it", () => {
    const { more } = judged(limit("p95Ms", 300), run(of(40, 10)));
    expect(more).toBe(P95_NEEDS - 40);
    expect(judged(limit("p95Ms", 300), run(of(40 + (more ?? 0), 10)))).toMatchObject({ verdict: "pass", more: null });
    const one = judged(limit("p95Ms", 300), run([...of(39, 10), 400]));
    expect(judged(limit("p95Ms", 300), run([...of(39, 10), 400, ...of(one.more ?? 0, 10)]))).toMatchObject({
      verdict: "pass",
    });
  });

  test("each key has its own quantile", () => {
    const sent = run([...of(500, 10), ...of(500, 100)]);
    const actual = (["p50Ms", "p95Ms", "p99Ms", "maxMs", "firstTokenMs"] as const).map(
      (key) => judged(limit(key, 1_000), sent).actual,
    );
    expect(actual).toEqual([10, 100, 100, 100, 50]);
  });

  test("without a stream there is no first token to judge", () => {
    const sent = run(of(100, 10));
    sent.samples.streams = [];
    expect(judged(limit("firstTokenMs", 300), sent)).toMatchObject({ verdict: "inconclusive", actual: null });
    expect(judged(limit("p95Ms", 300), sent)).toMatchObject({ verdict: "pass" });
  });

  test("max is about the requests that were sent, and one is enough to break it", () => {
    expect(judged(limit("maxMs", 50), run([...of(99, 10), 60]))).toMatchObject({ verdict: "fail", actual: 60 });
    expect(judged(limit("maxMs", 50), run(of(99, 10)))).toMatchObject({ verdict: "pass" });
  });

  test("the interval holds what was measured", () => {
    const { interval, actual } = judged(limit("p95Ms", 300), run(Array.from({ length: 1_000 }, (_, i) => i / 10)));
    expect(actual).toBeCloseTo(95, 0);
    expect(interval[0]).toBeGreaterThan(93);
    expect(interval[0]).toBeLessThan(95);
    expect(interval[1]).toBeGreaterThan(95);
    expect(interval[1]).toBeLessThan(97);
  });
});

describe("bursts count as what they are: few events", () => {
  const frozen = [...of(500, 10), ...of(60, 400), ...of(440, 10)];

  test("one freeze of 6 % does not fail a p95, and does not pass it", () => {
    const check = judged(limit("p95Ms", 300), run(frozen));
    expect(check.verdict).toBe("inconclusive");
    expect(check.text).toMatch(/^60 slow of 1000 in bursts of about \d+;/);
  });

  test("the same number spread evenly is not a burst", () => {
    expect(judged(limit("p95Ms", 300), run(spread(1_000, 60, 400))).text).not.toContain("burst");
    expect(judged(limit("p95Ms", 300), run(spread(1_000, 200, 400)))).toMatchObject({ verdict: "fail" });
  });
});

test("what comes every so often is no burst: one bad instance of fifteen that take turns", () => {
  const turns = Array.from({ length: 600 }, (_, i) => (i % 15 === 0 ? null : 10));
  expect(judged(limit("errorRate", 0.01), run(turns))).toMatchObject({ verdict: "fail" });
});

describe("error rate", () => {
  test.each([
    [400, 0, "pass"],
    [200, 0, "inconclusive"],
    [300, 10, "fail"],
    [300, 20, "fail"],
    [300, 300, "fail"],
    [0, 0, "inconclusive"],
  ])("%i requests, %i errors", (n, errors, verdict) => {
    const check = judged(limit("errorRate", 0.01), run(spread(n, errors)));
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
    const check = judged(throughput, run(of(1_100, 900), { rate: 110 }));
    expect(check).toMatchObject({ verdict: "pass", actual: 110 });
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

  test("seconds that differ much leave it open", () => {
    // Every other second half of the answers fail: 100.8 a second on average, between 66 and 134.
    const uneven = Array.from({ length: 6 * 134 }, (_, i) =>
      Math.floor(i / 134) % 2 === 0 && i % 2 === 0 ? null : 10,
    );
    const check = judged(throughput, run(uneven, { rate: 134 }));
    expect(check.verdict).toBe("inconclusive");
    expect(check.text).toContain("too close to 100/s");
  });

  test("too little offered or too short says nothing", () => {
    expect(judged(throughput, run(of(500, 10), { rate: 50 }))).toMatchObject({ verdict: "inconclusive" });
    expect(judged(throughput, run(of(110, 10), { rate: 110 }))).toMatchObject({ verdict: "inconclusive", more: 440 });
  });

  test("while the rate climbs nothing is judged by it", () => {
    const pace = { kind: "open", ratePerSecond: 110, rampMs: 20_000 } as const;
    const { samples, facts } = run(of(dueWithin(pace, 30_000), 20), { rate: 110 });
    for (const i of samples.dueMs.keys()) samples.dueMs[i] = dueMs(pace, i);
    const climbing = { ...facts, rampMs: 20_000, sentMs: 30_000 };
    const check = judged(throughput, { samples, facts: climbing });
    expect(check).toMatchObject({ verdict: "pass", text: "110/s offered for 10 s" });
    expect(check.actual).toBeCloseTo(110, 0);
  });

  test("a closed loop offers what is taken", () => {
    const { samples, facts } = run(of(1_100, 9), { rate: 110 });
    const check = judged(throughput, { samples, facts: { ...facts, ratePerSecond: null } });
    expect(check).toMatchObject({ verdict: "pass", text: "taken in 10 s" });
  });
});

describe("a limit that a small paid run cannot prove", () => {
  const soft = limit("errorRate", 0.01, { whenUnproven: "warn" });

  test.each([
    ["kept: warned", of(20, 10), "warn", "inconclusive"],
    ["an error: blocks", [...of(19, 10), null], "error", "inconclusive"],
    ["many errors: fails", spread(20, 10), "error", "fail"],
  ])("%s", (_, latencies, level, verdict) => {
    expect(judged(soft, run(latencies))).toMatchObject({ level, verdict });
  });

  test("one that it could prove still blocks", () => {
    // 400 could have been enough, but the run was interrupted.
    expect(judged(soft, run(of(20, 10), { planned: 400 }))).toMatchObject({ level: "error", verdict: "inconclusive" });
  });

  test("says so, and keeps the run going", () => {
    const sent = run(of(20, 10));
    const checks = judge(sent.samples, [soft], sent.facts);
    expect(checks[0]?.text).toMatch(/^not proven: 0 errors of 20;/);
    expect(isDecided(checks, [soft])).toBe(false);
  });
});

describe("single figures", () => {
  test("good answers: one is needed by the end", () => {
    expect(judged(limit("goodAnswers", 1), run([null, 10]))).toMatchObject({ verdict: "pass", actual: 1 });
    expect(judged(limit("goodAnswers", 1), run([null]))).toMatchObject({ verdict: "fail", actual: 0 });
    expect(judged(limit("goodAnswers", 1), run([null], { planned: 2 }))).toMatchObject({ verdict: "inconclusive" });
  });

  test("cold start: the one that was measured, or nothing", () => {
    expect(judged(limit("coldStartMs", 100), run(of(2, 1)))).toMatchObject({ verdict: "pass", actual: 80 });
    expect(judged(limit("coldStartMs", 80), run(of(2, 1)))).toMatchObject({ verdict: "fail" });
    const { samples, facts } = run(of(2, 1));
    const failed = judged(limit("coldStartMs", 100), { samples, facts: { ...facts, coldStartsMs: [80, null] } });
    expect(failed).toMatchObject({ verdict: "inconclusive", actual: null });
  });

  test("a cost that no answer told is never a pass", () => {
    expect(judged(limit("costPerRequestUsd", 0.001), run(of(100, 10)))).toMatchObject({
      verdict: "inconclusive",
      actual: null,
    });
  });
});

test("a limit of one probe is judged on its requests only", () => {
  const { samples, facts } = run([...of(80, 10), ...spread(80, 40)]);
  samples.probe.fill(1, 80);
  const limits = samples.probes.map((name) => limit("errorRate", 0.1, { probe: name }));
  const checks = judge(samples, limits, facts);
  expect(checks.map(({ probe, n, verdict }) => [probe, n, verdict])).toEqual([
    ["good", 80, "pass"],
    ["bad", 80, "fail"],
  ]);
});

const check = (verdict: Check["verdict"], level: Check["level"] = "error"): Check => ({
  ...judged(limit("p95Ms", 300), run(of(100, 10))),
  verdict,
  level,
});

describe("overall", () => {
  test.each([
    ["fail", [check("pass"), check("inconclusive"), check("fail")]],
    ["pass", [check("pass"), check("fail", "warn")]],
    ["inconclusive", [check("pass"), check("inconclusive")]],
    ["pass", [check("pass"), check("inconclusive", "warn")]],
    ["inconclusive", [check("inconclusive", "warn")]],
    ["inconclusive", []],
  ] as const)("%s", (verdict, checks) => {
    expect(overall(checks)).toBe(verdict);
  });
});

describe("decided", () => {
  const [hard, soft] = [limit("p95Ms", 300), limit("p99Ms", 300, { level: "warn" })];

  test.each([
    [true, [check("pass"), check("inconclusive")], [hard, soft]],
    [false, [check("pass"), check("inconclusive")], [hard, hard]],
    [true, [check("fail"), check("inconclusive")], [hard, hard]],
    [false, [check("fail", "warn")], [soft]],
    [false, [], []],
  ] as const)("%s", (decided, checks, limits) => {
    expect(isDecided(checks, limits)).toBe(decided);
  });
});
