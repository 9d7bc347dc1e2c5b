import type { Comparison, Measurement } from "../../../../src/health/document.ts";
import type { ReportInput } from "../../../../src/health/reports/input.ts";
import type { Samples } from "../../../../src/health/samples.ts";
import type { Limit } from "../../../../src/health/slo.ts";
import { check, document, limit, lognormal, measured, open, simulate } from "./simulate.ts";

function chat(seed: number, firstTokenMs: number, errors: boolean): Samples {
  return simulate({ probes: ["chat"], n: 240, rate: 8, seed }, (_due, random, i) => {
    const headersMs = lognormal(random, 18, 0.3);
    const firstMs = headersMs + lognormal(random, firstTokenMs, 0.35);
    const contentMs = [firstMs];
    const pieces = 12 + Math.floor(random() * 20);
    while (contentMs.length < pieces) contentMs.push((contentMs.at(-1) ?? 0) + lognormal(random, 15, 0.5));
    if (i % 60 === 20) contentMs[contentMs.length - 1] = (contentMs.at(-1) ?? 0) + 700;
    const latencyMs = contentMs.at(-1) ?? 0;
    if (errors && i % 24 === 5) {
      const detail = `the stream says {"error":{"message":"overloaded"}}`;
      return { latencyMs: headersMs + 30, cause: "error-body", detail, requestId: "req_0f3a" };
    }
    const usage = { model: "gpt-4o-mini-2024-07-18", inputTokens: 21, cachedInputTokens: 0, outputTokens: pieces };
    const stream = { headersMs, firstByteMs: headersMs + 1, contentMs, outputTokens: pieces };
    return { latencyMs, firstTokenMs: firstMs, usage, stream, isCached: i % 50 === 0 };
  });
}

function streamFigures(): Pick<Measurement, "stream" | "cost"> {
  return {
    stream: {
      answers: 230,
      headersMs: { p50: 18.1, p95: 29.4 },
      firstByteMs: { p50: 19.1, p95: 30.4 },
      firstTokenMs: { p50: 431, p95: 745 },
      interTokenMs: { p50: 15.1, p95: 34.2 },
      longestStallMs: 717.4,
      tokensPerSecond: { p50: 58.2, p95: 71.9 },
      faked: 2,
    },
    cost: {
      requests: 230,
      totalUsd: 0.003_754,
      meanUsd: 0.000_016_322,
      highestMeanUsd: 0.000_017_1,
      monthlyUsd: 17.1,
      prices: ["gpt-4o-mini: $0.15 in, $0.6 out per million tokens (genai-prices 0.1.8, 2026-10-02)"],
    },
  };
}

/** A paid chat route that streams. */
export function streaming(): ReportInput {
  const samples = chat(5, 260, false);
  const limits = [limit("firstTokenMs", 500), limit("errorRate", 0.01), limit("costPerRequestUsd", 0.001)];
  const [first, errors, cost] = limits as [Limit, Limit, Limit];
  const load = { ...open, ratePerSecond: 8, sentMs: 30_000, ended: "max-requests" } as const;
  return {
    samples,
    limits,
    document: {
      ...document,
      modelId: "gpt-4o-mini",
      load,
      measurement: measured(samples, load.sentMs, streamFigures()),
      checks: [
        check(first, { actual: 466, interval: [441, 491], n: 240, verdict: "pass", text: "4 slow of 240" }),
        check(errors, {
          actual: 0,
          interval: [0, 0.0153],
          n: 240,
          verdict: "inconclusive",
          level: "warn",
          more: 145,
          text: "not proven: 0 errors of 240; error rate < 1 % needs 385: 145 more, about 18 s",
        }),
        check(cost, { actual: 0.000_016_322, interval: [0.000_015_6, 0.000_017_1], n: 230, verdict: "pass", text: "" }),
      ],
      warnings: ["5 of 240 answers came from a cache: put {{n}} into the body of the probe"],
    },
  };
}

const worse: Comparison = {
  baseline: "baseline.json",
  tolerance: 0.1,
  checks: [
    {
      name: "latency",
      baseline: 573,
      actual: 731,
      unit: "ms",
      change: 0.28,
      interval: [0.22, 0.34],
      pValue: 0.000_01,
      verdict: "fail",
      text: "slower by 22–34 %",
    },
    {
      name: "p95",
      baseline: 905,
      actual: 1_290,
      unit: "ms",
      change: 0.43,
      interval: [0.2, 0.61],
      pValue: 0.000_3,
      verdict: "fail",
      text: "p95 slower by 20–61 %",
    },
    {
      name: "error rate",
      baseline: 0,
      actual: 0.0417,
      unit: "fraction",
      change: 0.0417,
      interval: [0.016, 0.067],
      pValue: 0.001,
      verdict: "fail",
      text: "more errors: 1.6 to 6.7 points",
    },
  ],
};

/** The chat route again, slower than before and with errors within streams that said 200. */
export function compared(): ReportInput {
  const samples = chat(6, 410, true);
  const limits = [limit("firstTokenMs", 500), limit("p95Ms", 1_000), limit("errorRate", 0.01)];
  const [first, p95, errors] = limits as [Limit, Limit, Limit];
  const load = { ...open, ratePerSecond: 8, sentMs: 30_000, ended: "max-requests", rampMs: 2_000 } as const;
  return {
    samples,
    limits,
    baseline: { latencyMs: chat(7, 260, false).latencyMs.toSorted() },
    document: {
      ...document,
      verdict: "fail",
      modelId: "gpt-4o-mini",
      load,
      measurement: measured(samples, load.sentMs, streamFigures()),
      checks: [
        check(first, {
          actual: 912,
          interval: [781, null],
          n: 240,
          verdict: "fail",
          text: "78 slow or failed of 240; the evidence rules out first token p95 < 500 ms",
        }),
        check(p95, {
          actual: 1_402,
          interval: [1_205, null],
          n: 240,
          verdict: "fail",
          text: "31 slow or failed of 240; the evidence rules out p95 < 1000 ms",
        }),
        check(errors, {
          actual: 0.0417,
          interval: [0.0202, 0.0753],
          n: 240,
          verdict: "fail",
          text: "10 errors of 240; the evidence rules out error rate < 1 %",
        }),
      ],
      comparison: worse,
      remedies: [
        {
          text: "see which smaller model keeps 500 ms to the first token",
          command: "edge-ai plan --task chat --latency-budget 500",
        },
        { text: "2 answers came all at once at their end: something between buffers the stream", command: null },
      ],
      warnings: ["5 of 240 answers came from a cache: put {{n}} into the body of the probe"],
    },
  };
}
