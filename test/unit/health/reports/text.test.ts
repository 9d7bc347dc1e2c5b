import { describe, expect, test } from "vitest";
import { figure, figureRange } from "../../../../src/health/figures.ts";
import { countBelow } from "../../../../src/health/reports/series.ts";
import { sketch } from "../../../../src/health/reports/sketch.ts";
import { reportText } from "../../../../src/health/reports/text.ts";
import { compared, streaming } from "./chat-results.ts";
import { failing, hostile, inconclusive, interrupted, passing, refused, results } from "./results.ts";

test.each(Object.entries(results))("%s fits a log of 100 columns", (_name, result) => {
  // A hint and the command of a remedy stay in one piece.
  const lines = reportText(result())
    .split("\n")
    .filter((line) => !/^ {2}hint: |^ {6}\S/.test(line));
  expect(lines.filter((line) => line.length > 100)).toEqual([]);
});

describe("what it says", () => {
  test("a pass, a line per check with figure, limit, interval and n", () => {
    const text = reportText(passing());
    expect(text).toMatch(/^✓ pass {2}https:\/\/app-git-main-acme\.vercel\.app {2}build 3f9c2a1d, model use-lite$/m);
    expect(text).toContain("open loop, 110/s for 10.9 s; ended: every check was decided");
    expect(text).toMatch(/^✓ {2}p95 < 300 ms +81\.2 ms {2}\(95 %: 77\.9 to 86\.4 ms\) +n 1200 {2}0 slow of 1200$/m);
    expect(text).toMatch(/^✓ {2}p95 < 250 ms of search +80\.1 ms/m);
    expect(text).toMatch(/^✓ {2}throughput ≥ 100\/s/m);
  });

  test("errors by cause with the first of each and its request id", () => {
    const text = reportText(failing());
    expect(text).toMatch(/^server-error: 33 requests; \S/m);
    expect(text.replaceAll(/\s+/g, " ")).toContain(
      "first: request 12, after 29 ms: HTTP 500 FUNCTION_INVOCATION_FAILED (request id fra1::iad1::x7k2p-1700000000)",
    );
    expect(text.indexOf("server-error:")).toBeLessThan(text.indexOf("too-many-requests:"));
    expect(text).toMatch(/^ {6}vercel logs https:\/\/app-git-main-acme\.vercel\.app$/m);
    expect(text).toContain("warning: a warm-up request failed");
  });

  test("a histogram with the limits between its rows", () => {
    const rows = reportText(failing()).split("\n");
    const at = (pattern: RegExp): number => rows.findIndex((row) => pattern.test(row));
    expect(at(/-- p95 limit 300 ms --/)).toBeGreaterThan(at(/^ +200 ms/));
    expect(at(/-- p95 limit 300 ms --/)).toBe(at(/^ +300 ms/) - 1);
  });

  test("what is missing for a verdict, and that a closed loop hides freezes", () => {
    const text = reportText(inconclusive());
    expect(text).toContain("p95 < 300 ms needs 75: 35 more, about 2 s");
    expect(text).toContain("closed loop, 4 connections for 2 s, which hides freezes");
    expect(text).toMatch(/^! {2}p99 < 500 ms/m);
  });

  test("why nothing was measured", () => {
    expect(reportText(refused())).toBe(
      [
        "✗ fail  https://app-git-main-acme.vercel.app",
        "  login-page: a login stands before the app (HTTP 200 at /api/health)",
        "  hint: send the secret that lets automation through: --header 'x-vercel-protection-bypass: <secret>'",
        "  POST /api/embeddings",
        "  nothing was measured",
      ].join("\n"),
    );
    expect(reportText(interrupted())).toContain("interrupted: stopped by a signal before the end");
  });

  test("the parts of a stream, money and the comparison", () => {
    const text = reportText(compared());
    expect(text).toMatch(/^first token {5}p50 431 ms {2}p95 745 ms$/m);
    expect(text).toMatch(/^between tokens {2}p50 15\.1 ms {2}p95 34\.2 ms {2}longest stall 717 ms$/m);
    expect(text).toContain("2 of 230 streams came all at once at their end");
    expect(text).toContain("$0.0000163 a request, below $0.0000171 with 95 % confidence");
    expect(text).toMatch(/^monthly cost +at most \$17\.10$/m);
    expect(text).toContain("5 of 240 answers came from a cache");
    expect(text).toMatch(/^✗ {2}p95 +1290 ms, was 905 ms +p95 slower by 20–61 % +p < 0\.001$/m);
    expect(text).toContain("first token of good answers, log axis");
    expect(reportText(streaming())).toMatch(/^! {2}error rate < 1 %/m);
  });
});

test("what the target says cannot command a runner, nor colour a terminal", () => {
  const text = reportText(hostile());
  expect(text.split("\n").filter((line) => /^\s*::|##\[/.test(line))).toEqual([]);
  expect(text).not.toMatch(/[^\P{Cc}\n]/u);
  const { document, ...rest } = failing();
  const wrapped = reportText({
    ...rest,
    document: { ...document, warnings: [`${"x".repeat(92)} ::stop-commands::y ##[error]z`] },
  });
  expect(wrapped.split("\n").filter((line) => /^\s*::|##\[/.test(line))).toEqual([]);
});

describe("sketch", () => {
  const mark = { label: "p95 limit", q: 0.95, interval: [null, null] as [null, null] };

  test.each([
    ["no samples", [], []],
    ["only errors", [Infinity, Infinity], []],
  ])("%s: nothing", (_name, samples, rows) => {
    expect(sketch(Float64Array.from(samples), [])).toEqual(rows);
  });

  test.each([
    ["one value", [40, 40, 40]],
    ["a narrow range", Array.from({ length: 500 }, (_, i) => 100 + i / 50)],
    ["six decades", Array.from({ length: 500 }, (_, i) => 0.01 * 1.03 ** i)],
    ["zeros", [0, 0, 1]],
  ])("%s: at most 12 rows, and every request is in one", (_name, samples) => {
    const rows = sketch(Float64Array.from(samples), [{ ...mark, ms: 50 }]);
    const counts = rows.map((row) => Number(/█ (\d+)$/.exec(row)?.[1] ?? 0));
    expect(rows.length).toBeLessThanOrEqual(12);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(samples.length);
    expect(rows.filter((row) => row.includes("p95 limit 50 ms"))).toHaveLength(1);
  });
});

test("what takes exactly as long as the limit stands after it, since it is slow", () => {
  const mark = { label: "p95 limit", ms: 50, q: 0.95, interval: [null, null] as [null, null] };
  const rows = sketch(Float64Array.from([40, 50, 50, 50]), [mark]);
  const at = rows.findIndex((row) => row.includes("p95 limit"));
  expect(rows[at + 1]).toMatch(/█ 3$/);
  expect(countBelow(Float64Array.from([40, 50, 50, 50]), 50)).toBe(1);
});

describe("figures", () => {
  test.each([
    [[37.94, 42.41], "ms", "37.9 to 42.4 ms"],
    [[0.0289, 0.0517], "fraction", "2.89 to 5.17 %"],
    [[689, null], "ms", "at least 689 ms"],
    [[null, 3], "1/s", "at most 3/s"],
    [[null, null], "ms", ""],
    [[0.5, 1.25], "USD", "$0.5 to $1.25"],
  ] as const)("%j %s: %s", (interval, unit, text) => {
    expect(figureRange(interval, unit)).toBe(text);
  });

  test("money has no exponent", () => {
    expect(figure(0.000_000_123_4, "USD")).toBe("$0.000000123");
    expect(figure(1_234.5, "USD")).toBe("$1234.50");
  });
});
