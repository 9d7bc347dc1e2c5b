import { describe, expect, test } from "vitest";
import { reportHtml } from "../../../../src/health/reports/html.ts";
import { compared } from "./chat-results.ts";
import { failing, hostile, passing, refused, results } from "./results.ts";
import { simulate } from "./simulate.ts";

describe.each(Object.entries({ ...results, hostile }))("%s", (_name, result) => {
  const html = reportHtml(result());

  test("has no script and names nothing to load", () => {
    expect(html).toContain(
      `content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"`,
    );
    expect(html).not.toMatch(
      /<(script|link|img|iframe|object|embed|form|a)\b|\son\w+=|\b(src|href|xlink:href)=|url\(|@import/i,
    );
  });

  test("every id is there once, and every chart has a title and a description", () => {
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, labels = ""] of html.matchAll(/aria-labelledby="([^"]+)"/g)) {
      expect(ids).toEqual(expect.arrayContaining(labels.split(" ")));
    }
  });

  test("no number went wrong", () => {
    expect(html).not.toMatch(/NaN|Infinity|undefined|\[object/);
  });
});

test("what the target says is escaped", () => {
  const html = reportHtml(hostile());
  expect(html).not.toContain("<script");
  expect(html).toContain("&lt;/td&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;|`");
});

test("100,000 requests are a small file", () => {
  const samples = simulate({ probes: ["embed"], n: 100_000, rate: 1_000, seed: 9 }, (_due, random, i) => ({
    latencyMs: 20 * Math.exp(random() * 4) * (1 + random()),
    ...(i % 50 === 0 && { cause: "server-error" as const, detail: "HTTP 500" }),
  }));
  const html = reportHtml({ ...failing(), samples });
  expect(html.length).toBeLessThan(300_000);
});

test.each([
  ["nothing finished", 5, 5, 40],
  ["one request", 1, 0, 40],
  ["all in no time", 20, 0, 0],
])("%s: still a page of numbers", (_name, n, unfinished, latencyMs) => {
  const samples = simulate({ probes: ["embed"], n, rate: 110, seed: 9, unfinished }, () => ({ latencyMs }));
  const html = reportHtml({ ...failing(), samples });
  expect(html).not.toMatch(/NaN|Infinity|undefined/);
  expect(html.match(/<svg/g)?.length).toBe(5);
});

describe("panels", () => {
  test("only those that have something to show", () => {
    expect(headings(reportHtml(refused()))).toEqual([]);
    expect(headings(reportHtml(passing()))).toEqual([
      "Checks",
      "Latency over time",
      "Requests a second",
      "Histogram of latency",
      "Answered within",
      "Probes",
      "How it was measured",
    ]);
    expect(headings(reportHtml(compared()))).toEqual(
      expect.arrayContaining([
        "What to do",
        "Baseline",
        "Errors over time",
        "Errors by cause",
        "First token over time",
        "Parts of a stream",
        "Between tokens",
        "Warnings",
      ]),
    );
  });

  test("limits and the baseline are drawn", () => {
    const html = reportHtml(compared());
    expect(html).toMatch(/class="limit-label[^"]*">p95 limit 1000 ms</);
    expect(html).toMatch(/class="limit-label[^"]*">first token p95 limit 500 ms</);
    expect(html).toContain('<path class="line before"');
    expect(html).toContain('<path class="interval"');
    expect(reportHtml(failing())).not.toContain('<path class="line before"');
  });
});

function headings(html: string): (string | undefined)[] {
  return [...html.matchAll(/<h2>([^<]+)/g)].map(([, heading]) => heading);
}
