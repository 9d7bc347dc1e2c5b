import type { ReportInput } from "../../../../src/health/reports/input.ts";
import { createSamples } from "../../../../src/health/samples.ts";
import type { Limit } from "../../../../src/health/slo.ts";
import { compared, streaming } from "./chat-results.ts";
import { check, document, limit, lognormal, measured, open, simulate, type Check } from "./simulate.ts";

/** Every limit kept, two probes. */
export function passing(): ReportInput {
  const samples = simulate({ probes: ["embed", "search"], n: 1_200, rate: 110, seed: 1 }, (_due, random) => ({
    latencyMs: lognormal(random, 42, 0.4),
  }));
  const limits = [
    limit("p95Ms", 300),
    limit("errorRate", 0.01),
    limit("throughputPerSecond", 100),
    limit("p95Ms", 250, { probe: "search" }),
  ];
  const [p95, errors, throughput, search] = limits as [Limit, Limit, Limit, Limit];
  return {
    samples,
    limits,
    document: {
      ...document,
      load: open,
      measurement: measured(samples, open.sentMs),
      checks: [
        check(p95, { actual: 81.2, interval: [77.9, 86.4], verdict: "pass", text: "0 slow of 1200" }),
        check(errors, { actual: 0, interval: [0, 0.0031], verdict: "pass", text: "0 errors of 1200" }),
        check(throughput, {
          actual: 109.8,
          interval: [108.1, 111.4],
          verdict: "pass",
          text: "110/s offered for 10.9 s",
        }),
        check(search, { actual: 80.1, interval: [74, 88.8], n: 600, verdict: "pass", text: "0 slow of 600" }),
      ],
    },
  };
}

/** A second without an answer, and errors of three causes. */
export function failing(): ReportInput {
  const samples = simulate({ probes: ["embed"], n: 1_200, rate: 110, seed: 2 }, (dueMs, random, i) => {
    const frozen = dueMs >= 5_000 && dueMs < 6_000 ? 6_000 - dueMs : 0;
    const latencyMs = frozen + lognormal(random, 48, 0.45);
    if (i % 37 === 11) {
      const detail = "HTTP 500 FUNCTION_INVOCATION_FAILED";
      return { latencyMs: latencyMs / 2, cause: "server-error", detail, requestId: "fra1::iad1::x7k2p-1700000000" };
    }
    if (dueMs > 8_000 && i % 23 === 3) return { latencyMs: 12, cause: "too-many-requests", detail: "HTTP 429" };
    if (i === 700) return { latencyMs: 3, cause: "reset", detail: "read ECONNRESET" };
    return { latencyMs };
  });
  const limits = [limit("p95Ms", 300), limit("errorRate", 0.01), limit("p50Ms", 100, { level: "warn" })];
  const [p95, errors, p50] = limits as [Limit, Limit, Limit];
  const texts = {
    p95: "133 slow or failed of 1200, in bursts of 2.8 on average; the evidence rules out p95 < 300 ms",
    errors: "47 errors of 1200; the evidence rules out error rate < 1 %",
  };
  const found = measured(samples, open.sentMs);
  return {
    samples,
    limits,
    document: {
      ...document,
      verdict: "fail",
      load: open,
      measurement: measured(samples, open.sentMs),
      checks: [
        check(p95, { actual: found.latencyMs.p95, interval: [689, null], verdict: "fail", text: texts.p95 }),
        check(errors, { actual: found.errorRate, interval: [0.0289, 0.0517], verdict: "fail", text: texts.errors }),
        check(p50, {
          actual: found.latencyMs.p50,
          interval: [51, 55.2],
          verdict: "pass",
          text: "141 slow or failed of 1200",
        }),
      ],
      remedies: [
        {
          text: "read what the functions wrote when they failed",
          command: "vercel logs https://app-git-main-acme.vercel.app",
        },
        { text: "send less, or raise the app's own rate limit", command: null },
      ],
      warnings: ["a warm-up request failed: server-error (HTTP 500)"],
    },
  };
}

/** Forty requests prove nothing. */
export function inconclusive(): ReportInput {
  const samples = simulate({ probes: ["embed"], n: 40, rate: 20, seed: 3 }, (_due, random) => ({
    latencyMs: lognormal(random, 42, 0.3),
  }));
  const limits = [limit("p95Ms", 300), limit("errorRate", 0.01), limit("p99Ms", 500, { level: "warn" })];
  const [p95, errors, p99] = limits as [Limit, Limit, Limit];
  return {
    samples,
    limits,
    document: {
      ...document,
      verdict: "inconclusive",
      hint: "send more: --max-requests 385",
      load: { ...open, kind: "closed", ratePerSecond: null, concurrency: 4, sentMs: 2_000, ended: "max-requests" },
      measurement: measured(samples, 2_000),
      checks: [
        check(p95, {
          actual: 68,
          interval: [59, null],
          n: 40,
          verdict: "inconclusive",
          more: 35,
          text: "0 slow of 40; p95 < 300 ms needs 75: 35 more, about 2 s",
        }),
        check(errors, {
          actual: 0,
          interval: [0, 0.088],
          n: 40,
          verdict: "inconclusive",
          more: 345,
          text: "0 errors of 40; error rate < 1 % needs 385: 345 more, about 18 s",
        }),
        check(p99, { actual: 71, interval: [60, null], n: 40, verdict: "inconclusive", more: 345, text: "not proven" }),
      ],
    },
  };
}

/** A login page stands where the app should: nothing was measured. */
export function refused(): ReportInput {
  return {
    samples: createSamples([], new Uint16Array()),
    limits: [limit("p95Ms", 300)],
    document: {
      ...document,
      verdict: "fail",
      cause: "login-page",
      message: "a login stands before the app (HTTP 200 at /api/health)",
      hint: "send the secret that lets automation through: --header 'x-vercel-protection-bypass: <secret>'",
      buildId: null,
      modelId: null,
    },
  };
}

/** A signal ended the run; the last requests have no outcome. */
export function interrupted(): ReportInput {
  const samples = simulate({ probes: ["embed"], n: 300, rate: 110, seed: 4, unfinished: 6 }, (_due, random) => ({
    latencyMs: lognormal(random, 42, 0.4),
  }));
  const limits = [limit("p95Ms", 300), limit("errorRate", 0.01)];
  const [p95, errors] = limits as [Limit, Limit];
  return {
    samples,
    limits,
    document: {
      ...document,
      verdict: "inconclusive",
      cause: "interrupted",
      message: "stopped by a signal before the end",
      load: { ...open, sentMs: 2_727, ended: "interrupted" },
      measurement: measured(samples, 2_727),
      checks: [
        check(p95, { actual: 80, interval: [74, 93], n: 294, verdict: "pass", text: "0 slow of 294" }),
        check(errors, { actual: 0, interval: [0, 0.0125], n: 294, verdict: "inconclusive", more: 91, text: "91 more" }),
      ],
    },
  };
}

/** Every kind of result. */
export const results = { passing, failing, inconclusive, refused, interrupted, streaming, compared };

/** What a target might say to break a report: markup, commands of GitHub, control characters. */
export const HOSTILE = `</td><script>alert(1)</script>"'&|\`\n::error::x\u001B[31m\u0000\uD800%0A`;

/** A failing result in which everything that the target says is hostile. */
export function hostile(): ReportInput {
  const result = failing();
  const { measurement } = result.document;
  const [first] = result.document.checks as [Check];
  return {
    ...result,
    document: {
      ...result.document,
      buildId: HOSTILE,
      modelId: HOSTILE,
      message: HOSTILE,
      hint: HOSTILE,
      checks: [{ ...first, probe: HOSTILE, text: HOSTILE }],
      measurement: { ...measurement, errorsByCause: { reset: { count: 1, first: HOSTILE, requestId: HOSTILE } } },
      remedies: [{ text: HOSTILE, command: HOSTILE }],
      warnings: [HOSTILE],
    },
  };
}
