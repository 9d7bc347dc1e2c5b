import { parse, type TestCase, type TestSuites } from "junit2json";
import { describe, expect, test } from "vitest";
import { reportJunit } from "../../../../src/health/reports/junit.ts";
import type { ReportInput } from "../../../../src/health/reports/input.ts";
import { compared, streaming } from "./chat-results.ts";
import { failing, hostile, HOSTILE, inconclusive, interrupted, passing, refused, results } from "./results.ts";

async function read(result: ReportInput): Promise<TestSuites> {
  const parsed = await parse(reportJunit(result));
  // The root of our file is <testsuites>.
  return parsed as TestSuites;
}

async function cases(result: ReportInput): Promise<TestCase[]> {
  return ((await read(result)).testsuite ?? []).flatMap(({ testcase }) => testcase ?? []);
}

function stateOf({ failure, error, skipped }: TestCase): string {
  return failure ? `failure ${failure[0]?.type}` : error ? `error ${error[0]?.type}` : skipped ? "skipped" : "passed";
}

const states = async (result: ReportInput): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await cases(result)).map((each) => [
      `${each.classname?.replace("healthcheck.", "")}: ${each.name}`,
      stateOf(each),
    ]),
  );

describe("every case", () => {
  test.each([
    [
      "passing",
      passing(),
      {
        "all probes: p95 < 300 ms": "passed",
        "all probes: error rate < 1 %": "passed",
        "all probes: throughput ≥ 100/s": "passed",
        "embed: was measured": "passed",
        "search: was measured": "passed",
        "search: p95 < 250 ms": "passed",
      },
    ],
    [
      "failing",
      failing(),
      {
        "all probes: p95 < 300 ms": "failure slo",
        "all probes: error rate < 1 %": "failure slo",
        "all probes: p50 < 100 ms": "passed",
        "embed: was measured": "passed",
      },
    ],
    [
      "inconclusive",
      inconclusive(),
      {
        "all probes: p95 < 300 ms": "error inconclusive",
        "all probes: error rate < 1 %": "error inconclusive",
        "all probes: p99 < 500 ms": "skipped",
        "embed: was measured": "passed",
      },
    ],
    ["refused", refused(), { "all probes: verdict": "error login-page" }],
    [
      "interrupted",
      interrupted(),
      {
        "all probes: verdict": "error interrupted",
        "all probes: p95 < 300 ms": "passed",
        "all probes: error rate < 1 %": "error inconclusive",
        "embed: was measured": "passed",
      },
    ],
    [
      "streaming",
      streaming(),
      {
        "all probes: first token p95 < 500 ms": "passed",
        "all probes: error rate < 1 %": "skipped",
        "all probes: cost per request < $0.001": "passed",
        "chat: was measured": "passed",
      },
    ],
    [
      "compared",
      compared(),
      {
        "all probes: first token p95 < 500 ms": "failure slo",
        "all probes: p95 < 1000 ms": "failure slo",
        "all probes: error rate < 1 %": "failure slo",
        "all probes: latency not worse than the baseline": "failure regression",
        "all probes: p95 not worse than the baseline": "failure regression",
        "all probes: error rate not worse than the baseline": "failure regression",
        "chat: was measured": "passed",
      },
    ],
  ])("%s", async (_name, result, expected) => {
    expect(await states(result)).toEqual(expected);
  });
});

test.each(Object.entries({ ...results, hostile }))(
  "%s: the counts are right, and it is green exactly when the verdict is pass",
  async (_name, make) => {
    const result = make();
    const all = (await cases(result)).map(stateOf);
    const bad = (kind: string): number => all.filter((state) => state.startsWith(kind)).length;
    const { tests, failures, errors } = await read(result);
    expect({ tests, failures, errors }).toEqual({ tests: all.length, failures: bad("failure"), errors: bad("error") });
    expect(bad("failure") + bad("error") === 0).toBe(result.document.verdict === "pass");
  },
);

test("a run that its own machine spoiled proves no failure", async () => {
  const result = failing();
  const document = { ...result.document, verdict: "inconclusive", cause: "unfit-runner", message: "too slow" } as const;
  const found = Object.values(await states({ ...result, document }));
  expect(found.filter((state) => state.startsWith("failure"))).toEqual([]);
  expect(found).toContain("error unfit-runner");
});

test("no verdict without a reason: checks that say nothing leave the verdict's own case", async () => {
  const result = passing();
  const document = { ...result.document, verdict: "inconclusive" as const, checks: [] };
  expect(await states({ ...result, document })).toMatchObject({ "all probes: verdict": "error inconclusive" });
});

test("what the target says stays text, without characters that XML has not", async () => {
  const xml = reportJunit(hostile());
  expect(xml).not.toMatch(/<script|[^\P{Cc}\n]|\p{Cs}/u);
  const [, , suite] = (await read(hostile())).testsuite ?? [];
  expect(plain(suite?.name)).toBe(plain(HOSTILE));
});

/** A parser reads line breaks of attributes as blanks; what XML has not is a sign for it. */
function plain(text = ""): string {
  return text.replaceAll(/[\s\p{Cc}\p{Cs}\uFFFD]/gu, "");
}
