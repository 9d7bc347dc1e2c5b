import { expect, test } from "vitest";
import { formatBytes, formatMs, formatParams } from "../../../src/plan/format.ts";
import { planModel } from "../../../src/plan/plan.ts";
import { renderPlan } from "../../../src/plan/render.ts";

test("a plan that fits", () => {
  expect(renderPlan(planModel({ model: "use-lite", requestsPerSecond: 100 }))).toMatchInlineSnapshot(`
    "local on vercel — embeddings with use-lite (6.98M parameters, small)

    Why
      ✓ 6.98M parameters: small (under 1B) runs local by default (size-class)
      ✓ bundle 54.5 MB is within 262.1 MB: onnxruntime-node 46.4 MB + q8 weights 7.6 MB + tokenizer 0.2 MB + app 0.3 MB (bundle-bytes)
      ✓ memory 101.8 MB is within 1638.4 MB (80 % of 2048 MB): 90.0 MB + 1.55 × weights 7.6 MB (memory-bytes)
      ✓ p95 8.8 ms is within 300 ms: 4.4 ms for 64 tokens in × 2 (safety 2, 1 at once) (latency-p95)
      ✓ the whole answer takes 8.8 ms, within the 300 s a function may run (max-duration)
      ✓ 1 instance for 100 requests a second: one instance serves about 114 requests a second at 8.8 ms each (instances)
      - the model runs inside the function: native code and more than 128 MB (platform)

    Predicted
      p95 8.8 ms · cold start 164 ms + fetch of the bundle · bundle 54.5 MB · memory 101.8 MB

    Function
      2048 MB · 1 vCPU · 60 s · iad1
      1 instance for 100 requests a second: one instance serves about 114 requests a second at 8.8 ms each

    Other modes
      ? hybrid: possible, not measured
      ? external: possible, not measured"
  `);
});

test("a plan that moved, and has unknowns", () => {
  const text = renderPlan(planModel({ model: "gemma-3-270m" }));
  expect(text).toMatch(/^hybrid on vercel — chat with gemma-3-270m-it \(268M parameters, small\)\n/);
  expect(text).toContain("\n  ✗ bundle 273.7 MB is over 262.1 MB: node-llama-cpp 33.6 MB");
  expect(text).toContain("(local: bundle-bytes)");
  expect(text).toContain("\n  ? time to the first token is unknown");
  expect(text).toContain("\n  ! first-token is not proven");
});

test("a plan that does not fit names what would", () => {
  const text = renderPlan(planModel({ model: "bert-base", mode: "local", latencyBudgetMs: 50 }));
  expect(text).toMatch(/^does not fit local on vercel — /);
  expect(text).toContain(
    "\nNearest that fits\n  the same model fits a budget of 230 ms (latency-p95): --latency-budget 230\n",
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
