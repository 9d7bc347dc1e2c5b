import { expect, test } from "vitest";
import { formatBytes, formatMs, formatParams } from "../../../src/plan/format.ts";
import { planModel } from "../../../src/plan/plan.ts";
import { renderPlan } from "../../../src/plan/render.ts";

test("a plan that fits", () => {
  const text = renderPlan(planModel({ model: "use-lite", requestsPerSecond: 100 }));
  // Predicted times and sizes change with every fit; that they are the plan's own is tested in properties.test.ts.
  expect(text.replaceAll(/(?<![\w.])\d+(?:\.\d+)?(?= ms| MB|[–)]| requests a second at)/g, "#")).toMatchInlineSnapshot(`
    "local on vercel — embeddings with use-lite (6.98M parameters, small)

    Why
      ✓ 6.98M parameters: small (under 1B) runs local by default (size-class)
      ✓ bundle # MB is within # MB: onnxruntime-node # MB + q8 weights # MB + tokenizer # MB + app # MB (bundle-bytes)
      ✓ memory # MB is within # MB (80 % of # MB), with q8 weights of # MB (memory-bytes)
      ✓ p95 # ms is within # ms: # ms for 64 tokens in × 2 (safety 2, 1 at once) (latency-p95)
      ✓ the whole answer takes # ms, which is within 300 s that a function may run (max-duration)
      ✓ 2 instances with 1 at once in each for 100 requests a second: one instance serves about # requests a second at # ms each (instances)
      - the model runs inside the function: native code and more than # MB (platform)

    Predicted
      p95 # ms (#–#) · cold start # ms (#–#) + fetch of the bundle · processor # ms (#–#) a request · bundle # MB (#–#) · memory # MB (#–#)

    Function
      # MB · 1 vCPU · 60 s · iad1
      2 instances with 1 at once in each for 100 requests a second: one instance serves about # requests a second at # ms each

    Other modes
      ? hybrid: possible, not measured (runner-up)
      ? external: possible, not measured"
  `);
});

test("a plan that moved, and has unknowns", () => {
  const text = renderPlan(planModel({ model: "gemma-3-270m" }));
  expect(text).toMatch(/^hybrid on vercel — chat with gemma-3-270m-it \(268M parameters, small\)\n/);
  expect(text).toContain("\nthe size table says local; moved to hybrid by bundle-bytes (over by 11.5 MB, 1.04×)\n");
  expect(text).toMatch(
    /\nback to local: smollm2-135m-instruct \(135M\) fits local .*: --model smollm2-135m-instruct\n/,
  );
  expect(text).toContain("\n  ✗ bundle 273.6 MB is over 262.1 MB by 11.5 MB (1.04×): node-llama-cpp 33.5 MB");
  expect(text).toContain("\n  ✗ local: fails bundle-bytes (over by 11.5 MB, 1.04×)");
  expect(text).toContain("(local: bundle-bytes)");
  expect(text).toContain("\n  ? time to the first token is unknown");
  expect(text).toContain("\n  ! first-token is not proven");
});

test("a plan that does not fit names what would", () => {
  const text = renderPlan(planModel({ model: "bert-base", mode: "local", latencyBudgetMs: 50 }));
  expect(text).toMatch(/^does not fit local on vercel — /);
  expect(text).toMatch(
    /\nNearest that fits\n {2}the same model fits a budget of (\d+) ms \(latency-p95\): --latency-budget \1\n/,
  );
});

test.each([
  [1_000, "1K"],
  [6_975_914, "6.98M"],
  [999_000_000, "999M"],
  [999_999_999, "999.999999M"],
  [1e9, "1B"],
  [7e9, "7B"],
  [7_000_001_000, "7.000001B"],
  [7_248_023_552, "7.25B"],
  [1e12, "1T"],
  [12, "12"],
])("%d parameters read %s", (count, text) => {
  expect(formatParams(count)).toBe(text);
});

test("bytes and times read like people write them", () => {
  expect([54_540_106, 440_900_000, 5e9].map(formatBytes)).toEqual(["54.5 MB", "440.9 MB", "5.0 GB"]);
  expect([0.4, 8.8, 99.96, 227.2, 999.4, 999.9, 15_860].map(formatMs)).toEqual([
    "0.4 ms",
    "8.8 ms",
    "100 ms",
    "227 ms",
    "999 ms",
    "1000 ms",
    "15.9 s",
  ]);
});
