import fs from "node:fs";
import { describe, expect, test } from "vitest";
import { fittedEngines } from "../../../bench/predictions/facts.ts";
import { errorOf, isInside, rowsOf } from "../../../bench/predictions/rows.ts";
import { fitAll } from "../../../bench/predictions/samples.ts";
import { isForFit } from "../../../bench/predictions/split.ts";
import type { Measurements } from "../../../bench/predictions/measurements.ts";
import { engines, type Costs, type DtypeFacts } from "../../../src/data/engines.ts";
import { models } from "../../../src/data/models.ts";
import { predictLocal } from "../../../src/plan/local.ts";
import {
  fileBytes,
  kvCacheBytes,
  loadFactor,
  memoryBytes,
  perTokenMs,
  promptMs,
  readyMs,
} from "../../../src/plan/predict.ts";
import { WIDEST } from "../../../src/plan/ranges.ts";
import { shapeOf, type Shape } from "../../../src/plan/shape.ts";
import { pipelines } from "../../../src/plan/tasks.ts";

function shape(id: string): Shape {
  const entry = models.find((model) => model.id === id);
  if (entry === undefined) throw new Error(`no ${id}`);
  const { total, active } = entry.params;
  return shapeOf({ params: total, activeParams: active, kind: pipelines[entry.task].kind, entry });
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

  test.each([
    ["encoder", 85e6, 768, 12],
    ["encoder", 10.6e6, 384, 6],
    ["decoder", 314.6e6, 891, 37],
  ] as const)(
    "an %s of %d multiplied parameters is taken for one of width %d with %d layers",
    (kind, params, width, depth) => {
      const assumed = shapeOf({ params: params / 0.8, activeParams: null, kind, entry: null });
      expect(assumed.hidden / width).toBeCloseTo(1, 1);
      expect(assumed.layers / depth).toBeCloseTo(1, 1);
    },
  );

  test("a larger model never gets a smaller shape", () => {
    const shapes = [1e6, 1.1e6, 5e7, 5.01e7, 9e8].map((params) =>
      shapeOf({ params, activeParams: params, kind: "decoder", entry: null }),
    );
    for (const key of ["layers", "hidden", "attentionWidth", "vocab"] as const) {
      const values = shapes.map((each) => each[key]);
      expect(values).toEqual(values.toSorted((a, b) => a - b));
    }
  });
});

const checkedAt = "2026-11-23";
const fact = (value: number): { value: number; source: string; checkedAt: string } => ({
  value,
  source: "a test",
  checkedAt,
});
const costs = (values: Record<string, number>): Costs =>
  Object.fromEntries(Object.entries(values).map(([part, value]) => [part, fact(value)]));

/** Round costs, so that sums can be done in the head. */
const ROUND: DtypeFacts = {
  prompt: costs({ call: 1, layer: 0.5, gigaflop: 10, attention: 100, pooled: 1_000, megabyte: 0.1 }),
  token: costs({ call: 1, layer: 0.1, megabyte: 0.05 }),
  memory: costs({ base: 100e6, fileByte: 2, tokenizerByte: 10, word: 50 }),
  coldStart: costs({ start: 100, loaded: 2, tokenizerMegabyte: 100, word: 0.01 }),
  range: { prompt: fact(1.25), memory: fact(1.25), coldStart: fact(1.25) },
};
/** 4 layers, 100 wide: 1,000 words of 100 numbers are 100,000 of 1,000,000 parameters. */
const SMALL: Shape = {
  totalParams: 1_000_000,
  embeddingParams: 100_000,
  nonEmbeddingParams: 900_000,
  activeNonEmbeddingParams: 900_000,
  layers: 4,
  hidden: 100,
  attentionWidth: 100,
  vocab: 1_000,
  kvBytesPerToken: 1_000,
  known: true,
};
const FILES = { weights: 10e6, tokenizer: 1e6 };

describe("the formulas, with round costs", () => {
  test("a prompt", () => {
    // 1 + 4 × 0.5 + 2 × 0.9e6 × 100 / 1e9 × 10 + 4 × 4 × 100 × 100² / 1e9 × 100 + 100 × 100 / 1e6 × 1,000 + 9 MB × 0.1
    expect(promptMs(ROUND, SMALL, 100, FILES)).toBeCloseTo(1 + 2 + 1.8 + 1.6 + 10 + 0.9, 9);
  });

  test("a token, of which a mixture of experts reads its active share", () => {
    expect(perTokenMs(ROUND, SMALL, FILES)).toBeCloseTo(1 + 0.4 + 10 * 0.05, 9);
    const mixture = { ...SMALL, activeNonEmbeddingParams: 100_000 };
    expect(perTokenMs(ROUND, mixture, FILES)).toBeCloseTo(1 + 0.4 + 10 * 0.2 * 0.05, 9);
    expect(promptMs(ROUND, mixture, 100, FILES)).toBeCloseTo(1 + 2 + 0.2 + 1.6 + 10 + 0.1, 9);
  });

  test("memory, with the KV cache as it is", () => {
    expect(memoryBytes(ROUND, SMALL, FILES, 7)).toBe(100e6 + 20e6 + 10e6 + 50_000 + 7);
    expect(kvCacheBytes(114_688, 2_048, 2)).toBe(469_762_048);
  });

  test("getting ready", () => {
    expect(readyMs(ROUND, SMALL, FILES)).toBeCloseTo(100 + 20 + 100 + 10, 9);
  });

  test("the load factor is concurrency over vCPUs, at least 1, times safety", () => {
    expect([loadFactor(1, 1, 2), loadFactor(4, 1, 2), loadFactor(4, 2, 2), loadFactor(1, 2, 2)]).toEqual([2, 8, 4, 2]);
  });

  test("an ONNX engine generates no tokens, and Q4_K_M has no size formula", () => {
    expect(perTokenMs(engines.onnx.dtypes.q8, SMALL, FILES)).toBeNull();
    expect(fileBytes("Q4_K_M", { embeddingParams: 1, nonEmbeddingParams: 1 })).toBeNull();
  });
});

describe("inside a function", () => {
  const entry = models.find(({ id }) => id === "qwen3-0.6b")!;
  const model = { params: entry.params.total, activeParams: entry.params.active, kind: "decoder" as const, entry };
  const predict = (load: { tokensIn?: number; tokensOut?: number; concurrency?: number } = {}) => {
    const [local] = predictLocal(model, { tokensIn: 128, tokensOut: 128, concurrency: 1, ...load }, { vcpus: 1 });
    return local!;
  };

  test("a chat reserves 2,048 tokens in each of 2 sequences, whatever is asked of it, and more only for longer texts", () => {
    const kvBytes = 2 * 2_048 * 114_688;
    expect([predict(), predict({ concurrency: 8 }), predict({ tokensIn: 1_920 })].map((each) => each.kvBytes)).toEqual([
      kvBytes,
      kvBytes,
      kvBytes,
    ]);
    expect(predict({ tokensIn: 3_072, tokensOut: 1_024 }).kvBytes).toBe(2 * kvBytes);
    expect(predict().memoryBytes).toBeGreaterThan(entry.variants[1]!.bytes + kvBytes);
  });

  test("a cold start holds the first prompt, alone; processor time has no safety factor", () => {
    const { alone, cpuMs, coldStartMs, workings, p95Ms } = predict({ concurrency: 3 });
    expect(coldStartMs).toBeCloseTo(workings.ready.value + alone!.promptMs, 0);
    expect(cpuMs).toBeCloseTo(alone!.promptMs + 128 * alone!.perTokenMs!, 6);
    expect(p95Ms).toBeCloseTo(cpuMs! * 3 * 2, 0);
  });

  test("every figure is inside its range, and no range is wider than 2.5×", () => {
    for (const concurrency of [1, 7]) {
      const local = predict({ concurrency });
      expect(Object.keys(local.ranges)).toHaveLength(7);
      for (const [name, [low, high]] of Object.entries(local.ranges)) {
        const value = local[name as keyof typeof local.ranges]!;
        expect([low <= value, value <= high, high / low <= WIDEST + 1e-9], name).toEqual([true, true, true]);
      }
    }
  });

  test("each working is the sum that was predicted", () => {
    const { workings, alone, kvBytes, memoryBytes: all } = predict();
    expect(workings.prompt?.value).toBeCloseTo(alone!.promptMs, 6);
    expect(workings.perToken?.value).toBeCloseTo(alone!.perTokenMs!, 6);
    expect(workings.kvCache?.value).toBe(kvBytes);
    expect(workings.memory.value + kvBytes).toBeCloseTo(all, -1);
  });
});

describe("against what was measured on one core, in bench/predictions/measured.json", () => {
  const { shapes, builds } = JSON.parse(fs.readFileSync("bench/predictions/measured.json", "utf8")) as Measurements;
  const fitted = fittedEngines(fitAll(shapes.filter((each) => isForFit(each, shapes))), builds);
  const rows = rowsOf(
    shapes.filter((each) => !isForFit(each, shapes)),
    builds,
    engines,
  );
  const errors = rows.flatMap((row) => errorOf(row) ?? []).map(Math.abs);

  test("at least 8 encoders and 3 decoders were run, half of them for the test", () => {
    expect(shapes.filter(({ kind }) => kind === "encoder").length).toBeGreaterThanOrEqual(8);
    expect(shapes.filter(({ kind }) => kind === "decoder").length).toBeGreaterThanOrEqual(3);
    expect(rows.length).toBeGreaterThan(80);
  });

  test.each(["onnx", "gguf"] as const)(
    "the costs of %s are those of the fit: nobody has changed one by hand",
    (engine) => {
      expect(valuesOf(engines[engine].dtypes)).toEqual(valuesOf(fitted[engine].dtypes));
      expect(engines[engine].bundleBytes.value).toBe(fitted[engine].bundleBytes.value);
    },
  );

  test("on the half that nothing was fitted to, the median error is at most 20 %, and the worst 50 %", () => {
    expect(errors.toSorted((a, b) => a - b)[errors.length >> 1]).toBeLessThanOrEqual(0.2);
    expect(Math.max(...errors)).toBeLessThanOrEqual(0.5);
  });

  test("ranges of at most 2.5× hold nine of ten measured values", () => {
    expect(Math.max(...rows.map(({ range: [low, high] }) => high / low))).toBeLessThanOrEqual(2.5 + 1e-9);
    expect(rows.filter(isInside).length / rows.length).toBeGreaterThanOrEqual(0.9);
  });
});

/** Costs that are nothing are left out in the data. */
function valuesOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("value" in value) return value.value === 0 ? undefined : value.value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => {
      const found = valuesOf(each);
      return found === undefined ? [] : [[key, found]];
    }),
  );
}
