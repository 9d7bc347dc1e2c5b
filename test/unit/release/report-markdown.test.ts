import { describe, expect, it } from "vitest";
import type { HealthDocument } from "../../../src/health/document.ts";
import type { DeployDocument } from "../../../src/release/document.ts";
import { deployMarkdown, errorMarkdown, switchMarkdown } from "../../../src/release/report-markdown.ts";
import type { SwitchDocument } from "../../../src/release/switch.ts";

const deployment = (id: string): NonNullable<DeployDocument["deployment"]> => ({
  id,
  url: `https://app-${id}.vercel.app`,
  buildId: `build-${id}`,
  builtFrom: `build-${id}`,
  createdAt: "2026-11-23T09:00:00.000Z",
});

const p95: HealthDocument["checks"][number] = {
  name: "p95",
  probe: null,
  unit: "ms",
  limit: 300,
  actual: 42.31,
  interval: [40, 51.2],
  n: 1_200,
  verdict: "pass",
  level: "error",
  more: null,
  text: "",
};

const health = (change: Partial<HealthDocument> = {}): HealthDocument => ({
  version: 1,
  url: "https://app-2.vercel.app",
  verdict: "pass",
  buildId: "build-2",
  modelId: "use-lite",
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
    latencyMs: { p50: 10, p95: 42.31, p99: 60, max: 80 },
    firstTokenMs: { p50: null, p95: null },
    coldStartMs: 400,
    cacheHits: 0,
    bytes: 1_000,
    sendLagMs: { p99: 1 },
    eventLoopDelayMs: { p99: 1 },
    stream: null,
    cost: null,
    errorsByCause: {},
  },
  checks: [p95],
  remedies: [],
  warnings: [],
  ...change,
});

const released: DeployDocument = {
  version: 1,
  target: "vercel",
  environment: "production",
  outcome: "promoted",
  verdict: "pass",
  deployment: deployment("2"),
  productionUrl: "https://app.vercel.app",
  previous: deployment("1"),
  rolledBackTo: null,
  health: health(),
  watch: null,
  stagesMs: { build: 2_345, gate: 31_000 },
};

const switched: SwitchDocument = {
  version: 1,
  target: "vercel",
  outcome: "rolled-back",
  verdict: null,
  health: null,
  productionUrl: "https://app.vercel.app",
  deployment: deployment("1"),
  previous: deployment("2"),
  notes: [],
};

describe("deployMarkdown", () => {
  it("shows a release", () => {
    expect(deployMarkdown(released)).toMatchInlineSnapshot(`
      "### ✅ promoted: production on vercel

      |  |  |
      | --- | --- |
      | verdict | pass |
      | deployment | <https://app-2.vercel.app> |
      | id | <code>2</code> |
      | build | <code>build-2</code> |
      | production | <https://app.vercel.app> |
      | before | <code>1</code>, build <code>build-1</code> |

      **Gate**: pass, 1200 requests, 0 errors

      | check | limit | actual | 95 % | n | verdict |
      | --- | --- | --- | --- | --- | --- |
      | p95 | 300 ms | 42.3 ms | 40 to 51.2 ms | 1200 | pass |

      | stage | seconds |
      | --- | --- |
      | build | 2.3 |
      | gate | 31.0 |"
    `);
  });

  it("says why production is what it was", () => {
    const report = deployMarkdown({
      ...released,
      outcome: "rolled-back",
      verdict: "fail",
      cause: "slo",
      message: "p95 312 ms: over 300 ms\nerror rate 4 %: over 1 %",
      hint: "correct it and deploy again",
      rolledBackTo: deployment("1"),
      watch: health({ verdict: "fail", warnings: ["the machine was slow"] }),
    });
    expect(report).toContain("### ❌ rolled-back: production on vercel\n");
    expect(report).toContain(
      "\n```text\nslo: p95 312 ms: over 300 ms\nerror rate 4 %: over 1 %\nhint: correct it and deploy again\n```\n",
    );
    expect(report).toContain("\n| production is again | <code>1</code>, build <code>build-1</code> |\n");
    expect(report).toContain("\n**Watch of production**: fail, 1200 requests, 0 errors\n");
    expect(report).toContain("\n- <code>the machine was slow</code>\n");
  });

  it.each<[change: Partial<DeployDocument>, mark: string]>([
    [{ outcome: "staged", verdict: "pass" }, "✅"],
    [{ outcome: "staged", verdict: null }, "✅"],
    [{ outcome: "refused", verdict: "fail" }, "❌"],
    [{ outcome: "refused", verdict: null }, "❌"],
    [{ outcome: "refused", verdict: "inconclusive" }, "❔"],
    [{ outcome: "rolled-back", verdict: "inconclusive" }, "❌"],
  ])("marks %j as its exit code is", (change, mark) => {
    expect(deployMarkdown({ ...released, ...change })).toMatch(new RegExp(`^### ${mark} `));
  });

  it("has a row for what is not known", () => {
    const report = deployMarkdown({
      ...released,
      outcome: "refused",
      verdict: null,
      deployment: null,
      productionUrl: null,
      previous: null,
      health: null,
      stagesMs: {},
    });
    expect(report.split("\n")).toEqual([
      "### ❌ refused: production on vercel",
      "",
      "|  |  |",
      "| --- | --- |",
      "| verdict | not measured |",
      "| production | none |",
    ]);
  });

  it("leaves production out of a preview", () => {
    expect(deployMarkdown({ ...released, environment: "preview" })).not.toContain("https://app.vercel.app");
  });

  it("shows what a check could not tell", () => {
    const open = { ...p95, actual: null, interval: [null, null], verdict: "inconclusive", level: "warn" } as const;
    const probed = { ...p95, probe: "embed", interval: [null, 50] } as const;
    const report = deployMarkdown({
      ...released,
      health: health({
        checks: [
          { ...open, interval: [null, null] },
          { ...probed, interval: [null, 50] },
        ],
      }),
    });
    expect(report).toContain("\n| p95 | 300 ms | – |  | 1200 | inconclusive (warning) |\n");
    expect(report).toContain("\n| p95 of <code>embed</code> | 300 ms | 42.3 ms | at most 50 ms | 1200 | pass |\n");
  });
});

describe("switchMarkdown", () => {
  it("shows a rollback that was asked for as done, and what it has not undone", () => {
    const report = switchMarkdown({ ...switched, notes: ["crons stay as they are"] });
    expect(report).toContain("### ✅ rolled-back: production on vercel\n");
    expect(report).toContain("\n| before | <code>2</code>, build <code>build-2</code> |\n");
    expect(report).toContain("\n- <code>crons stay as they are</code>");
  });

  it("shows a promotion that was refused", () => {
    const refused = {
      outcome: "refused",
      verdict: "inconclusive",
      cause: "not-proven",
      message: "p95: 12 requests",
    } as const;
    expect(switchMarkdown({ ...switched, ...refused, health: health() })).toMatch(
      /^### ❔ refused: production on vercel\n/,
    );
  });
});

it("errorMarkdown says what happened and what to do", () => {
  const error = { code: "NO_ACCESS", message: "there is no token", hint: "set VERCEL_TOKEN" };
  expect(errorMarkdown(error)).toBe(
    "### ❌ edge-ai could not run: NO_ACCESS\n\n```text\nthere is no token\nhint: set VERCEL_TOKEN\n```",
  );
});

describe("text from outside", () => {
  const EVIL =
    "a | b\n\n# <img src=x onerror=alert(1)> `code` ``` [x](https://evil.example) @everyone **b** \\| &lt; www.evil.example\u001b[31m";

  it("means nothing in a cell", () => {
    const report = deployMarkdown({
      ...released,
      deployment: { ...deployment("2"), id: EVIL, buildId: EVIL, url: `https://a.example/"><script>|` },
      productionUrl: "javascript:alert(1)",
      previous: { ...deployment("1"), id: EVIL },
      health: health({ checks: [{ ...p95, probe: EVIL }], warnings: [EVIL] }),
    });
    const outside = report.replaceAll(/<code>[\p{L}\p{N} #;&-]*<\/code>/gu, "·");
    expect(outside).not.toMatch(/evil|script|img|alert|@|`|\[/);
    const rows = outside.split("\n").filter((line) => line.startsWith("|"));
    expect(new Set(rows.map((line) => line.split("|").length))).toEqual(new Set([4, 8]));
    expect(outside).toContain("\n| p95 of · | 300 ms |");
    expect(outside).toContain("\n- ·\n");
  });

  it("cannot end its block", () => {
    for (const message of ["```\n# out", "````````\nout\n```", EVIL]) {
      const report = errorMarkdown({ code: "PLATFORM", message });
      const [, fence = "", text] = /\n(`{3,})text\n([^]*)\n\1$/.exec(report) ?? [];
      expect(text).toBe(message.replace("\u001b", ""));
      expect(text?.split("\n").some((line) => line.trim().startsWith(fence))).toBe(false);
    }
  });

  it("leaves room for a comment, and a cut falls between blocks", () => {
    const checks = Array.from({ length: 2_000 }, (_, n) => ({ ...p95, probe: `${n}${"|".repeat(500)}` }));
    const long = deployMarkdown({ ...released, cause: "slo", message: "`".repeat(50_000), health: health({ checks }) });
    expect(long.length).toBeLessThanOrEqual(60_000);
    expect(long.length).toBeGreaterThan(50_000);
    const [report = "", rest] = long.split("\n\n… ");
    expect(rest).toBe("the rest is left out; the log has it.");
    expect(report.split("\n").at(-1)).toMatch(/^\| p95 of .* \| pass \|$/);
    expect(report.match(/^`{4,}/gm)).toHaveLength(2);
  });
});
