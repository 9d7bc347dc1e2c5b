import { describe, expect, test } from "vitest";
import { planModel } from "../../../src/plan/plan.ts";
import { resolveModel } from "../../../src/plan/resolve-model.ts";
import type { KnownModel } from "../../../src/plan/types.ts";

function known(more: Partial<KnownModel> = {}): KnownModel {
  return {
    id: "someone/Thing",
    pipeline: "feature-extraction",
    params: { total: 33_360_000, active: 33_360_000 },
    arch: { layers: 12, hidden: 384, ffn: 1536, vocab: 30_522, heads: 12 },
    context: 512,
    tokenizerBytes: 711_000,
    variants: [{ engine: "onnx", dtype: "q8", bytes: 34_000_000, source: "the Hub's list of files" }],
    confidence: "hub",
    source: "Hugging Face Hub",
    warnings: ["beware"],
    ...more,
  };
}

describe("a model that the Hub or files describe", () => {
  test("is resolved with its layers, files, source and warnings", () => {
    expect(resolveModel({ model: "someone/Thing" }, known())).toEqual({
      id: "someone/Thing",
      params: 33_360_000,
      activeParams: 33_360_000,
      labelParams: null,
      confidence: "hub",
      source: "Hugging Face Hub",
      entry: {
        task: "feature-extraction",
        context: 512,
        arch: known().arch,
        tokenizer: { bytes: 711_000 },
        variants: known().variants,
      },
      kind: "encoder",
      task: "embeddings",
      warnings: ["beware"],
    });
  });

  test("is planned with its own files: the same bytes as a catalogue model of that shape", () => {
    const input = { latencyBudgetMs: 1_000 };
    const plan = planModel({ ...input, model: "someone/Thing" }, { model: known() });
    const catalogue = planModel({ ...input, model: "all-minilm-l12-v2" });
    expect(plan.model.variant).toMatchObject({ dtype: "q8", bytes: 34_000_000 });
    expect(plan.predicted.bundleBytes).toBe(catalogue.predicted.bundleBytes);
    expect(plan.predicted.p95Ms).toBe(catalogue.predicted.p95Ms);
  });

  test("wins over the catalogue and the name, and --params wins over it", () => {
    expect(resolveModel({ model: "use-lite" }, known()).params).toBe(33_360_000);
    const resized = resolveModel({ model: "someone/Thing", params: 7e9 }, known());
    expect(resized).toMatchObject({ params: 7e9, confidence: "params", entry: null });
    expect(resized.warnings.join()).toContain("instead of the 33.4M");
    expect(resolveModel({ params: 33e6 }, known()).entry).not.toBeNull();
  });

  test.each([
    ["someone/gemma-2-2b", 2.61e9, 2e9],
    ["someone/Mixtral-8x7B", 46.7e9, 56e9],
    ["someone/Mistral-7B", 7.25e9, 7e9],
    // Only a name.
    ["someone/TinyStories-3M", 10e6, null],
    ["someone/nothing", 1e9, null],
  ])("%s with %d parameters has the label %s", (id, total, label) => {
    expect(resolveModel({}, known({ id, params: { total, active: total } })).labelParams).toBe(label);
  });

  test("a mixture of experts has its size by all, its speed by the active", () => {
    const params = { total: 30e9, active: 3e9 };
    const resolved = resolveModel({}, known({ params, pipeline: "text-generation" }));
    expect(resolved).toMatchObject({ params: 30e9, activeParams: 3e9, kind: "decoder", task: "chat" });
    expect(planModel({ model: "x" }, { model: known({ params, pipeline: "text-generation" }) }).model.class).toBe(
      "large",
    );
  });

  test("without a pipeline the name and --task say what it is for", () => {
    expect(resolveModel({}, known({ pipeline: null, id: "me/my-embedder" }))).toMatchObject({
      task: "embeddings",
      kind: "encoder",
    });
    expect(resolveModel({ task: "chat" }, known({ pipeline: null }))).toMatchObject({ task: "chat", kind: "decoder" });
  });
});
