import { describe, expect, test } from "vitest";
import { annotate } from "../../../../src/health/reports/annotations.ts";
import { reportGithub } from "../../../../src/health/reports/github.ts";
import { streaming } from "./chat-results.ts";
import { failing, hostile, passing, refused, results } from "./results.ts";

test.each(Object.entries({ ...results, hostile }))(
  "%s: small enough, and every annotation is one command",
  (_name, result) => {
    const { markdown, annotations } = reportGithub(result());
    expect(markdown.length).toBeLessThan(60_001);
    expect(annotations.length).toBeLessThanOrEqual(10);
    for (const line of annotations) expect(line).toMatch(/^::(error|warning) title=[^:,\r\n]+::[^\r\n]*$/);
  },
);

describe("markdown", () => {
  test("verdict, checks, errors and the whole report", () => {
    const { markdown } = reportGithub(failing());
    expect(markdown).toMatch(/^### ❌ health check: fail$/m);
    expect(markdown).toContain("<https://app-git-main-acme.vercel.app>");
    expect(markdown).toMatch(/^\| error rate \| 1 % \| 3\.92 % \| 2\.89 to 5\.17 % \| 1200 \| fail \|$/m);
    expect(markdown).toMatch(/^\| server-error \| 33 \| .+ \| <code>request 12/m);
    expect(markdown).toContain("<details><summary>the whole report</summary>");
    expect(reportGithub(streaming()).markdown).toMatch(/^\| error rate \|.+ \| inconclusive \(warning\) \|$/m);
  });

  test("nothing of the target's text is markup", () => {
    const { markdown } = reportGithub(hostile());
    const [outside = ""] = markdown.split("<details>");
    expect(outside).not.toMatch(/<(?!\/?code>|https:)/);
    // Within the fence anything may stand but its end.
    expect(markdown).toMatch(/\n(`{3,})text\n[^]*\n\1\n\n<\/details>$/);
  });
});

test("outputs are plain digits; what is not known is left out", () => {
  expect(reportGithub(passing()).outputs).toEqual({
    verdict: "pass",
    url: "https://app-git-main-acme.vercel.app",
    requests: "1200",
    "p95-ms": expect.stringMatching(/^\d+(\.\d{1,6})?$/),
    "error-rate": "0",
    "throughput-per-second": expect.stringMatching(/^\d+(\.\d{1,6})?$/),
  });
  expect(reportGithub(refused()).outputs).toMatchObject({
    verdict: "fail",
    requests: "0",
    "p95-ms": null,
    "error-rate": null,
  });
});

describe("annotations", () => {
  test("what failed is an error, what does not block a warning, a pass says nothing", () => {
    expect(reportGithub(failing()).annotations.map((line) => /^::(\w+) title=([^:]+)/.exec(line)?.slice(1))).toEqual([
      ["error", "p95%3A fail"],
      ["error", "error rate%3A fail"],
      ["warning", "health check"],
    ]);
    expect(reportGithub(passing()).annotations).toEqual([]);
    expect(reportGithub(refused()).annotations).toEqual([
      expect.stringMatching(/^::error title=login-page::a login stands .+%0Ahint: send /),
    ]);
  });

  test("at most 10, errors first, and the last one says how many are missing", () => {
    const many = Array.from(
      { length: 14 },
      (_, i) => ({ level: i < 3 ? "warning" : "error", title: `t${i}`, text: "x" }) as const,
    );
    const lines = annotate(many);
    expect(lines).toHaveLength(10);
    expect(lines.slice(0, 9).every((line) => line.startsWith("::error"))).toBe(true);
    expect(lines.at(-1)).toBe("::warning title=health check::5 more: see the log");
  });

  test("escaped as GitHub reads it", () => {
    expect(annotate([{ level: "error", title: "a: b, 5 %", text: "x\r\n::error::50 %\u001B[31m" }])).toEqual([
      "::error title=a%3A b%2C 5 %25::x%0D%0A::error::50 %25[31m",
    ]);
  });
});
