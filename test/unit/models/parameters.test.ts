import { describe, expect, test } from "vitest";
import { models } from "../../../src/data/models.ts";
import { readModelConfig } from "../../../src/models/config-json.ts";
import { pipelines } from "../../../src/plan/tasks.ts";

/** As published by the models' authors, or counted from their weights. */
const published: readonly [string, number, object][] = [
  [
    "SmolLM2-135M",
    134_515_008,
    {
      model_type: "llama",
      architectures: ["LlamaForCausalLM"],
      hidden_size: 576,
      num_hidden_layers: 30,
      num_attention_heads: 9,
      num_key_value_heads: 3,
      intermediate_size: 1536,
      vocab_size: 49_152,
      tie_word_embeddings: true,
    },
  ],
  [
    "Qwen3-0.6B: q/k norms, a head_dim of its own",
    596_049_920,
    {
      model_type: "qwen3",
      hidden_size: 1024,
      num_hidden_layers: 28,
      num_attention_heads: 16,
      num_key_value_heads: 8,
      head_dim: 128,
      intermediate_size: 3072,
      vocab_size: 151_936,
      tie_word_embeddings: true,
      attention_bias: false,
    },
  ],
  [
    "Qwen2.5-0.5B: biases of q, k and v",
    494_032_768,
    {
      model_type: "qwen2",
      hidden_size: 896,
      num_hidden_layers: 24,
      num_attention_heads: 14,
      num_key_value_heads: 2,
      intermediate_size: 4864,
      vocab_size: 151_936,
      tie_word_embeddings: true,
    },
  ],
  [
    "gemma-3-270m: four norms",
    268_098_176,
    {
      model_type: "gemma3_text",
      hidden_size: 640,
      num_hidden_layers: 18,
      num_attention_heads: 4,
      num_key_value_heads: 1,
      head_dim: 256,
      intermediate_size: 2048,
      vocab_size: 262_144,
    },
  ],
  [
    "GPT-2: biases everywhere, a table of positions",
    124_439_808,
    { model_type: "gpt2", n_embd: 768, n_layer: 12, n_head: 12, vocab_size: 50_257, n_positions: 1024 },
  ],
  [
    "all-MiniLM-L6-v2",
    22_713_216,
    {
      model_type: "bert",
      architectures: ["BertModel"],
      hidden_size: 384,
      num_hidden_layers: 6,
      num_attention_heads: 12,
      intermediate_size: 1536,
      vocab_size: 30_522,
      max_position_embeddings: 512,
      type_vocab_size: 2,
    },
  ],
  [
    "DistilBERT with two labels",
    66_955_010,
    {
      model_type: "distilbert",
      architectures: ["DistilBertForSequenceClassification"],
      dim: 768,
      n_layers: 6,
      n_heads: 12,
      hidden_dim: 3072,
      vocab_size: 30_522,
      max_position_embeddings: 512,
      id2label: { 0: "NEGATIVE", 1: "POSITIVE" },
    },
  ],
  [
    "multilingual-e5-base: XLM-RoBERTa",
    278_043_648,
    {
      model_type: "xlm-roberta",
      architectures: ["XLMRobertaModel"],
      hidden_size: 768,
      num_hidden_layers: 12,
      num_attention_heads: 12,
      intermediate_size: 3072,
      vocab_size: 250_002,
      max_position_embeddings: 514,
      type_vocab_size: 1,
    },
  ],
];

describe("the layer sizes give the published count", () => {
  test.each(published)("%s: %d", (_, total, config) => {
    expect(readModelConfig(config)).toMatchObject({ params: { total, active: total }, warnings: [] });
  });

  test("of a mixture of experts with what works on each token", () => {
    const { params, arch } = readModelConfig({
      model_type: "qwen3_moe",
      hidden_size: 2048,
      num_hidden_layers: 48,
      num_attention_heads: 32,
      num_key_value_heads: 4,
      head_dim: 128,
      intermediate_size: 6144,
      moe_intermediate_size: 768,
      num_experts: 128,
      num_experts_per_tok: 8,
      vocab_size: 151_936,
    });
    expect(params).toEqual({ total: 30_532_122_624, active: 3_353_032_704 });
    expect(arch).toMatchObject({ experts: 128, topK: 8, moeFfn: 768 });
    expect(arch).not.toHaveProperty("ffn");
  });

  // Mixtral-8x7B has 46.7B and 12.9B (mistral.ai, from memory, 2026-11-23).
  test("and with the words of Mixtral", () => {
    const { params } = readModelConfig({
      model_type: "mixtral",
      hidden_size: 4096,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      intermediate_size: 14_336,
      num_local_experts: 8,
      num_experts_per_tok: 2,
      vocab_size: 32_000,
    });
    expect([params?.total, params?.active].map((count) => Math.round((count ?? 0) / 1e8) / 10)).toEqual([46.7, 12.9]);
  });
});

describe("every decoder of the catalogue that was counted from its layer sizes", () => {
  const counted = models.filter(
    ({ params, task }) => params.source === "config-formula" && pipelines[task].kind === "decoder",
  );
  test.each(counted.map((model) => [model.id, model] as const))("%s", (_, { arch, params }) => {
    const family = { norms4: "gemma3_text", qkNorm: "qwen3", qkvBias: "qwen2", plain: "llama" };
    const kind = arch.norms === 4 ? "norms4" : arch.qkNorm ? "qkNorm" : arch.qkvBias ? "qkvBias" : "plain";
    const config = {
      model_type: family[kind],
      hidden_size: arch.hidden,
      num_hidden_layers: arch.layers,
      num_attention_heads: arch.heads,
      num_key_value_heads: arch.kvHeads,
      head_dim: arch.headDim,
      intermediate_size: arch.ffn ?? arch.moeFfn,
      num_experts: arch.experts,
      num_experts_per_tok: arch.topK,
      vocab_size: arch.vocab,
      tie_word_embeddings: arch.tied ?? false,
    };
    const read = readModelConfig(config);
    expect(read.params).toEqual({ total: params.total, active: params.active });
    // What follows from the rest may be left out.
    const { headDim, ...layers } = arch;
    expect(read.arch).toMatchObject(headDim === (arch.hidden ?? 0) / (arch.heads ?? 1) ? layers : arch);
  });
});

describe("what is not understood is said, not guessed", () => {
  test.each([
    ["no object", null, null],
    ["an empty file", {}, null],
    ["a family without a formula", { model_type: "deberta-v2", hidden_size: 768 }, "no formula"],
    ["a size that is none", { ...published[0]?.[2], hidden_size: "576" }, "no formula"],
    ["half a layer", { ...published[0]?.[2], num_hidden_layers: 1.5 }, "no formula"],
  ])("%s", (_, config, words) => {
    const read = readModelConfig(config);
    expect(read.params).toBeNull();
    expect(read.warnings.join()).toContain(words ?? "no formula");
  });

  test("an unknown decoder is counted like Llama, and says so", () => {
    const read = readModelConfig({ ...published[0]?.[2], model_type: "newcomer" });
    expect(read.params?.total).toBe(134_515_008);
    expect(read.warnings.join()).toContain('"newcomer" is not known here: counted like Llama');
  });

  test("of a model for images and text the language part, and says so", () => {
    const read = readModelConfig({ model_type: "gemma3", text_config: published[3]?.[2] });
    expect(read.params?.total).toBe(268_098_176);
    expect(read.warnings.join()).toContain("only the language part");
  });
});
