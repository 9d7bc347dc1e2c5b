import { describe, expect, test } from "vitest";
import { engines } from "../../../src/data/engines.ts";
import { models } from "../../../src/data/models.ts";
import { coldStartMs, fileBytes, loadFactor, memoryBytes, perTokenMs, promptMs } from "../../../src/plan/predict.ts";
import { shapeOf, type Shape } from "../../../src/plan/shape.ts";
import { pipelines } from "../../../src/plan/tasks.ts";

function shape(id: string): Shape {
  const entry = models.find((model) => model.id === id);
  if (entry === undefined) throw new Error(`no ${id}`);
  const { total, active } = entry.params;
  return shapeOf({ params: total, activeParams: active, kind: pipelines[entry.task].kind, entry });
}

/** How far a prediction is from a measurement, as a share. Up to 25 % is fine: the safety factor is 2. */
function off(predicted: number | null, measured: number): number {
  return predicted === null ? Infinity : Math.abs(predicted / measured - 1);
}

describe("shape, against the official counts", () => {
  test.each([
    ["smollm2-135m-instruct", 106.2e6, 23_040],
    ["smollm2-360m-instruct", 314.6e6, 40_960],
    ["gemma-3-270m-it", 100.3e6, 18_432],
    ["qwen2.5-0.5b-instruct", 357.9e6, 12_288],
    ["qwen3-0.6b", 440.5e6, 114_688],
    ["llama-3.1-8b-instruct", 6979.6e6, 131_072],
    ["qwen3-30b-a3b", 29_909.8e6, 98_304],
  ])("%s multiplies %d parameters and keeps %d bytes a token", (id, nonEmbedding, kvBytes) => {
    expect(shape(id).nonEmbeddingParams / nonEmbedding).toBeCloseTo(1, 3);
    expect(shape(id).kvBytesPerToken).toBe(kvBytes);
  });

  test("an encoder keeps nothing, a static model multiplies nothing", () => {
    expect(shape("all-minilm-l6-v2").kvBytesPerToken).toBe(0);
    expect(shape("potion-base-8m").nonEmbeddingParams).toBe(0);
  });

  test("a mixture of experts works with its active share", () => {
    const { activeNonEmbeddingParams, nonEmbeddingParams } = shape("qwen3-30b-a3b");
    expect(activeNonEmbeddingParams / nonEmbeddingParams).toBeCloseTo(0.091, 2);
  });

  test("unknown layer sizes are assumed, and that is said", () => {
    const unknown = shapeOf({ params: 5e8, activeParams: 5e8, kind: "decoder", entry: null });
    expect(unknown).toMatchObject({ embeddingParams: 1e8, nonEmbeddingParams: 4e8, known: false });
    expect(unknown.kvBytesPerToken).toBe(114_688);
  });
});

describe("against what was measured on one core", () => {
  const { onnx, gguf } = engines;

  test.each([
    ["use-lite", 8, 1.1],
    ["all-minilm-l6-v2", 16, 4.7],
    ["all-minilm-l6-v2", 128, 33.7],
    ["bge-small-en-v1.5", 128, 56],
    ["distilbert-sst2", 128, 110],
    ["bert-base-uncased", 128, 192],
  ])("%s q8 reads %d tokens in %d ms", (id, tokens, ms) => {
    expect(off(promptMs(onnx, onnx.dtypes.q8, shape(id), tokens), ms)).toBeLessThan(0.25);
  });

  test.each([
    ["smollm2-135m-instruct", 90.8e6, 440, 11.8],
    ["smollm2-360m-instruct", 228.2e6, 1_400, 28],
    ["gemma-3-270m-it", 239.8e6, 510, 24],
    ["qwen2.5-0.5b-instruct", 349e6, 1_500, 39],
    ["qwen3-0.6b", 416.1e6, 2_000, 45],
  ])("%s Q4_0 of %d bytes reads 128 tokens in %d ms and writes one in %d ms", (id, bytes, prompt, each) => {
    expect(off(promptMs(gguf, gguf.dtypes.Q4_0, shape(id), 128), prompt)).toBeLessThan(0.25);
    expect(off(perTokenMs(gguf.dtypes.Q4_0, shape(id), bytes), each)).toBeLessThan(0.25);
  });

  test.each([
    ["onnx q8, 109 MB", onnx.dtypes.q8, 109e6, 269e6],
    ["onnx fp32, 436 MB", onnx.dtypes.fp32, 436e6, 719e6],
    ["gguf Q4_0, 91 MB", gguf.dtypes.Q4_0, 90.8e6, 309e6],
    ["gguf Q4_0, 416 MB", gguf.dtypes.Q4_0, 416.1e6, 955e6],
    ["gguf Q8_0, 636 MB", gguf.dtypes.Q8_0, 636.3e6, 928e6],
  ])("memory of %s", (_, facts, file, measured) => {
    expect(off(memoryBytes(facts, file, { kvBytesPerToken: 0, tokens: 0, sequences: 1 }), measured)).toBeLessThan(0.1);
  });

  test("cold starts", () => {
    expect(off(coldStartMs(onnx, 7.6e6), 172)).toBeLessThan(0.1);
    expect(off(coldStartMs(gguf, 90.8e6), 1_400)).toBeLessThan(0.2);
  });
});

test("KV cache grows with tokens and sequences", () => {
  const facts = engines.gguf.dtypes.Q4_0;
  const bytes = memoryBytes(facts, 0, { kvBytesPerToken: 114_688, tokens: 4_096, sequences: 2 });
  expect(bytes - facts.memoryBaseBytes.value).toBe(2 * 469_762_048);
});

test("the load factor is concurrency over vCPUs, at least 1, times safety", () => {
  expect([loadFactor(1, 1, 2), loadFactor(4, 1, 2), loadFactor(4, 2, 2), loadFactor(1, 2, 2)]).toEqual([2, 8, 4, 2]);
});

test("a mixture of experts reads its active share for each token", () => {
  const facts = engines.gguf.dtypes.Q4_0;
  expect(perTokenMs(facts, shape("qwen3-30b-a3b"), 18e9)).toBeCloseTo((18e9 * (3.353 / 30.532)) / 9e6, 0);
});

test("an ONNX engine generates no tokens, and Q4_K_M has no size formula", () => {
  expect(perTokenMs(engines.onnx.dtypes.q8, shape("use-lite"), 1)).toBeNull();
  expect(fileBytes("Q4_K_M", { embeddingParams: 1, nonEmbeddingParams: 1 })).toBeNull();
});
