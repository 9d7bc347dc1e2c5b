import { expect, test } from "vitest";
import { sizeInName } from "../../../src/plan/name-size.ts";

test.each([
  ["Qwen2.5-0.5B", 500_000_000],
  ["SmolLM2-360M-Instruct", 360_000_000],
  ["Mistral-7B-Instruct-v0.3", 7e9],
  ["Llama-3.1-8B", 8e9],
  ["meta-llama/Llama-3.3-70B-Instruct", 70e9],
  ["DeepSeek-R1-0528-Qwen3-8B", 8e9],
  ["Qwen2.5-7B-Instruct-1M", 7e9],
  ["Kimi-K2-1T", 1e12],
  ["gemma_2b", 2e9],
  ["gemma:2b", 2e9],
  ["mistral-7b.Q4_0.gguf", 7e9],
  ["falcon-0.999B", 999_000_000],
])("%s says %d", (name, params) => {
  expect(sizeInName(name)).toEqual({ params, activeParams: params });
});

test.each([
  ["Qwen3-30B-A3B", 30e9, 3e9],
  ["Qwen3-235B-A22B-Instruct-2507", 235e9, 22e9],
  ["Mixtral-8x7B-Instruct-v0.1", 56e9, null],
  ["Mixtral-8x22B", 176e9, null],
])("%s is a mixture of %d, of which %s work on a token", (name, params, activeParams) => {
  expect(sizeInName(name)).toEqual({ params, activeParams });
});

test.each([
  "bert-base-uncased",
  "DeepSeek-R1-0528",
  "mistral-v0.3",
  "phi-3-mini-4k-instruct",
  "gemma-3n-E4B-it",
  "Qwen1.5-MoE-A2.7B",
  "all-MiniLM-L6-v2",
  "use-0B",
  "gpt-4o",
  "",
])("%j says nothing", (name) => {
  expect(sizeInName(name)).toBeNull();
});

test("a long name is read quickly", () => {
  const start = performance.now();
  sizeInName("1".repeat(50_000));
  sizeInName("8x".repeat(50_000));
  expect(performance.now() - start).toBeLessThan(500);
});
