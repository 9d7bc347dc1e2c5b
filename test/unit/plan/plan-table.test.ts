import { expect, test } from "vitest";
import type { Mode } from "../../../src/config/words.ts";
import { planModel } from "../../../src/plan/plan.ts";
import type { PlanInput, SizeClass } from "../../../src/plan/types.ts";

/**
 * Models and budgets against the mode, and the rule that decided with its numbers. "size-class" decided when the model
 * stayed on the table's row; otherwise the rules that moved it off, in order.
 */
type Row = [input: PlanInput, size: SizeClass, mode: Mode, deciding: Record<string, number | null>];

const rows: Row[] = [
  // The table, at its edges, by number.
  [{ params: 1_000_000 }, "small", "local", { "size-class": 1e6 }],
  [{ params: 140_000_000 }, "small", "local", { "size-class": 140e6 }],
  [{ params: 999_000_000 }, "small", "hybrid", { "bundle-bytes": 1_045_700_000, "latency-p95": 2_099.7 }],
  [{ params: 1_000_000_000 }, "medium", "hybrid", { "size-class": 1e9 }],
  [{ params: 3_000_000_000 }, "medium", "hybrid", { "size-class": 3e9 }],
  [{ params: 7_000_000_000 }, "medium", "hybrid", { "size-class": 7e9 }],
  [{ params: 7_000_001_000 }, "large", "external", { "size-class": 7_000_001_000 }],
  [{ params: 405_000_000_000 }, "large", "external", { "size-class": 405e9 }],
  // By label: the number alone would say something else.
  [{ model: "Mistral-7B" }, "medium", "hybrid", { "size-class": 7e9 }],
  [{ model: "Qwen2.5-7B" }, "medium", "hybrid", { "size-class": 7e9 }],
  [{ model: "Llama-3.1-8B" }, "large", "external", { "size-class": 8_030_261_248 }],
  [{ model: "Llama-3.2-1B" }, "medium", "hybrid", { "size-class": 1_235_814_400 }],
  [{ model: "Mistral-7B", params: 7_248_023_552 }, "medium", "hybrid", { "size-class": 7e9 }],
  [{ model: "Mistral-7B", params: 8_000_000_000 }, "large", "external", { "size-class": 8e9 }],
  [{ model: "Llama-3.1-8B", params: 7_000_000_000 }, "medium", "hybrid", { "size-class": 7e9 }],
  [{ model: "unheard-of-7B" }, "medium", "hybrid", { "size-class": 7e9 }],
  [{ model: "unheard-of-8B" }, "large", "external", { "size-class": 8e9 }],
  // Mixtures of experts, by all their parameters.
  [{ model: "Qwen3-30B-A3B" }, "large", "external", { "size-class": 30_532_122_624 }],
  [{ model: "Mixtral-8x7B" }, "large", "external", { "size-class": 56e9 }],
  // The rest of the catalogue, above 1B.
  [{ model: "qwen2.5-1.5b-instruct" }, "medium", "hybrid", { "size-class": 1_543_714_304 }],
  [{ model: "smollm2-1.7b-instruct" }, "medium", "hybrid", { "size-class": 1_711_376_384 }],
  [{ model: "llama-3.2-3b-instruct" }, "medium", "hybrid", { "size-class": 3_212_749_824 }],
  [{ model: "qwen3-4b" }, "medium", "hybrid", { "size-class": 4_022_468_096 }],
  [{ model: "qwen3-8b" }, "large", "external", { "size-class": 8_190_735_360 }],
  [{ model: "llama-3.3-70b-instruct" }, "large", "external", { "size-class": 70_553_706_496 }],
  [{ model: "flux.1-schnell" }, "large", "external", { "size-class": 12e9 }],
  // Encoders, with the default budget of 300 ms.
  [{ model: "use-lite" }, "small", "local", { "bundle-bytes": 54_540_106, "latency-p95": 8.8 }],
  [{ model: "all-minilm-l6-v2" }, "small", "local", { "bundle-bytes": 70_411_000, "memory-bytes": 125_650_000 }],
  [{ model: "all-minilm-l12-v2" }, "small", "local", { "bundle-bytes": 81_411_000 }],
  [{ model: "bge-small-en-v1.5" }, "small", "local", { "bundle-bytes": 81_411_000 }],
  [{ model: "e5-small-v2" }, "small", "local", { "bundle-bytes": 81_411_000 }],
  [{ model: "multilingual-e5-small" }, "small", "local", { "bundle-bytes": 181_700_000 }],
  [{ model: "multilingual-e5-base" }, "small", "hybrid", { "bundle-bytes": 342_700_000 }],
  [{ model: "jina-embeddings-v2-small-en" }, "small", "local", { "bundle-bytes": 79_500_000 }],
  [{ model: "potion-base-8m" }, "small", "local", { "latency-p95": 1.2 }],
  [{ model: "distilbert-sst2" }, "small", "local", { "bundle-bytes": 115_011_000 }],
  [{ model: "bert-base" }, "small", "local", { "latency-p95": 227.2 }],
  // The same with other budgets and loads: the estimate moves them.
  [{ model: "use-lite", latencyBudgetMs: 8 }, "small", "hybrid", { "latency-p95": 8.8 }],
  [{ model: "all-minilm-l6-v2", latencyBudgetMs: 20 }, "small", "hybrid", { "latency-p95": 30.1 }],
  [{ model: "all-minilm-l6-v2", concurrency: 20 }, "small", "hybrid", { "latency-p95": 601.3 }],
  [{ model: "all-minilm-l6-v2", concurrency: 18, vcpus: 2 }, "small", "local", { "latency-p95": 270.6 }],
  [{ model: "bert-base", tokensIn: 512 }, "small", "hybrid", { "latency-p95": 1_808.6 }],
  [{ model: "bert-base", tokensIn: 512, latencyBudgetMs: 2_000 }, "small", "local", { "latency-p95": 1_808.6 }],
  [{ model: "multilingual-e5-small", memoryMb: 300 }, "small", "hybrid", { "memory-bytes": 272_900_000 }],
  [{ model: "use-lite", coldStartBudgetMs: 100 }, "small", "hybrid", { "cold-start": 164.3 }],
  [{ model: "use-lite", coldStartBudgetMs: 200 }, "small", "local", { "cold-start": 164.3 }],
  // Decoders: first token within 1 s, at least 10 tokens a second.
  [{ model: "smollm2-135m-instruct" }, "small", "local", { "first-token": 971.1, "tokens-per-second": 49.5 }],
  [{ model: "smollm2-135m-instruct", tokensIn: 256 }, "small", "hybrid", { "first-token": 1_942.1 }],
  [{ model: "smollm2-135m-instruct", concurrency: 2 }, "small", "hybrid", { "first-token": 1_942.1 }],
  [{ model: "smollm2-360m-instruct" }, "small", "hybrid", { "first-token": 2_876.7 }],
  [{ model: "smollm2-360m-instruct", latencyBudgetMs: 3_000 }, "small", "local", { "bundle-bytes": 262_100_000 }],
  [{ model: "gemma-3-270m" }, "small", "hybrid", { "bundle-bytes": 273_700_000 }],
  [{ model: "Qwen2.5-0.5B" }, "small", "hybrid", { "bundle-bytes": 382_900_000, "first-token": 3_272.3 }],
  [{ model: "Qwen3-0.6B" }, "small", "hybrid", { "bundle-bytes": 450_000_000, "first-token": 4_027.2 }],
  [{ model: "Qwen3-0.6B", latencyBudgetMs: 60_000 }, "small", "hybrid", { "bundle-bytes": 450_000_000 }],
  // No engine makes images in a function, whatever the size.
  [{ task: "image", params: 500_000_000 }, "small", "external", { task: null }],
  [{ task: "image", params: 2_000_000_000 }, "medium", "external", { task: null }],
  // Native code does not run in Workers.
  [{ model: "use-lite", target: "cloudflare" }, "small", "hybrid", { "native-code": 1 }],
];

test.each(rows.map((row) => [JSON.stringify(row[0]), ...row] as const))("%s", (_, input, size, mode, deciding) => {
  const plan = planModel(input);
  expect(plan).toMatchObject({ fits: true, mode, model: { class: size } });
  expect(plan.reasons[0]).toMatchObject({ rule: "size-class", passed: true });
  for (const [rule, actual] of Object.entries(deciding)) {
    const reason = plan.reasons.find((each) => each.rule === rule);
    expect(reason?.actual, `${rule}: ${reason?.text}`).toBe(actual);
  }
  const moved = plan.reasons.filter((reason) => reason.passed === false);
  expect(moved.every((reason) => reason.mode !== mode)).toBe(true);
  expect(moved.length > 0).toBe(plan.reasons.some((reason) => reason.mode !== mode));
});

test("the table has at least 40 rows", () => {
  expect(rows.length).toBeGreaterThanOrEqual(40);
});
