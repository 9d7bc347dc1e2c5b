import { describe, expect, it } from "vitest";
import { Fault } from "../../../../templates/app/lib/fault.ts";
import { retryAfterMs, RetryBudget, retryDelayMs } from "../../../../templates/app/lib/retry.ts";

const NOW = Date.parse("2026-11-23T10:00:00Z");

describe("Retry-After", () => {
  it.each([
    [{}, null],
    [{ "retry-after": "2" }, 2_000],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": "1.5" }, 1_500],
    [{ "retry-after-ms": "250" }, 250],
    [{ "retry-after-ms": "250", "retry-after": "3" }, 250],
    [{ "retry-after": "Mon, 23 Nov 2026 10:00:04 GMT" }, 4_000],
    [{ "retry-after": "Mon, 23 Nov 2026 09:00:00 GMT" }, 0],
    [{ "retry-after": "-5" }, 0],
    [{ "retry-after": "soon" }, null],
    [{ "retry-after": "" }, null],
  ])("%o is %s ms", (headers, ms) => {
    expect(retryAfterMs(new Headers(headers as Record<string, string>), NOW)).toBe(ms);
  });
});

describe("rule 2: full jitter on 200 ms", () => {
  const failed = new Fault("upstream_error");
  it.each([
    [0, 0],
    [0.5, 100],
    [1, 200],
  ])("random %s waits %s ms", (random, ms) => {
    expect(retryDelayMs(failed, 10_000, () => random)).toBe(ms);
  });
});

describe("rule 3: what was asked for is waited for when it fits half of the share", () => {
  it.each([
    [1_000, 2_000, 1_000],
    [1_001, 2_000, null],
    [0, 100, 0],
  ])("%s ms within %s ms: %s", (askedMs, shareMs, waitMs) => {
    expect(retryDelayMs(new Fault("upstream_rate_limited", "429", askedMs), shareMs, () => 0)).toBe(waitMs);
  });
});

describe("rule 4: what a second try cannot mend", () => {
  it.each([
    ["upstream_timeout", false],
    ["upstream_auth", false],
    ["upstream_not_found", false],
    ["upstream_bad_answer", false],
    ["upstream_rate_limited", true],
    ["upstream_unavailable", true],
    ["upstream_error", true],
    ["upstream_unreachable", true],
    ["upstream_cut", true],
  ] as const)("%s: retried %s", (code, isRetried) => {
    expect(retryDelayMs(new Fault(code), 10_000) !== null).toBe(isRetried);
  });
});

it("rule 2: ten retries at once, then one for five calls", () => {
  const budget = new RetryBudget();
  const taken = (): number => Array.from({ length: 20 }, () => budget.take()).filter(Boolean).length;
  expect(taken()).toBe(10);
  for (let call = 0; call < 4; call++) budget.deposit();
  expect(taken()).toBe(0);
  budget.deposit();
  budget.deposit();
  expect(taken()).toBe(1);
  for (let call = 0; call < 1_000; call++) budget.deposit();
  expect(taken()).toBe(10);
});
