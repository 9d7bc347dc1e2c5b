// What files on this machine and a Hub on this machine say of a model.
import fs from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CliError } from "../../src/errors.ts";
import { describeModel, type DescribeOptions } from "../../src/models/describe.ts";
import { planModel } from "../../src/plan/plan.ts";
import { resolveModel } from "../../src/plan/resolve-model.ts";
import type { KnownModel } from "../../src/plan/types.ts";
import { writeGguf } from "../support/gguf.ts";
import { startHub, type LoopbackHub } from "../support/hub.ts";
import { tempDir, writeTree } from "../temp.ts";

const SMOLLM = {
  model_type: "llama",
  architectures: ["LlamaForCausalLM"],
  hidden_size: 576,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  intermediate_size: 1536,
  vocab_size: 49_152,
  max_position_embeddings: 8192,
  tie_word_embeddings: true,
};
const MIXTURE = {
  ...SMOLLM,
  model_type: "qwen3_moe",
  num_experts: 64,
  num_experts_per_tok: 4,
  moe_intermediate_size: 512,
};

/** A safetensors file without the data of its tensors, which nobody here reads. */
function safetensors(tensors: Record<string, { dtype: string; shape: number[] }>): Buffer {
  const header = Buffer.from(JSON.stringify({ __metadata__: { format: "pt" }, ...tensors }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header]);
}

function shard(rows: number): Buffer {
  return safetensors({ a: { dtype: "BF16", shape: [rows, 1_000] }, steps: { dtype: "I64", shape: [1_000_000] } });
}

function options(cwd: string, more: Partial<DescribeOptions> = {}): DescribeOptions & { warnings: string[] } {
  const warnings: string[] = [];
  return { cwd, env: {}, offline: true, warn: (text) => void warnings.push(text), warnings, ...more };
}

async function describeIn(dir: string, name: string): Promise<KnownModel> {
  const known = await describeModel(name, options(dir));
  if (known === null) throw new Error("nothing is known");
  return known;
}

describe("files on this machine", () => {
  test("a folder with config.json", async () => {
    const dir = await tempDir();
    await writeTree(dir, {
      "tiny/config.json": JSON.stringify(SMOLLM),
      "tiny/tokenizer.json": "{}",
      "tiny/onnx/model_quantized.onnx": "12345",
    });
    expect(await describeIn(dir, "./tiny")).toMatchObject({
      id: "tiny",
      pipeline: "text-generation",
      params: { total: 134_515_008, active: 134_515_008 },
      confidence: "config",
      context: 8192,
      tokenizerBytes: 2,
      variants: [{ engine: "onnx", dtype: "q8", bytes: 5 }],
      warnings: [],
    });
  });

  test("a GGUF file: tensors counted, layers read", async () => {
    const dir = await tempDir();
    await writeGguf(path.join(dir, "model.gguf"));
    const known = await describeIn(dir, "model.gguf");
    // By hand: two tables of 297 × 64, a norm of 64, two layers of 2 norms, q and o of 64 × 64, k and v of 64 × 32, 3 of 64 × 128.
    const layer = 2 * 64 + 2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 128;
    expect(known).toMatchObject({
      id: expect.stringContaining("random weights"),
      params: { total: 2 * 297 * 64 + 64 + 2 * layer },
      confidence: "gguf",
      context: 4096,
      arch: { layers: 2, hidden: 64, heads: 4, kvHeads: 2, ffn: 128, vocab: 297 },
    });
  });

  test("safetensors: every shard counted, integers left out, and checked against config.json", async () => {
    const dir = await tempDir();
    await writeTree(dir, { "m/config.json": JSON.stringify(SMOLLM) });
    await fs.writeFile(path.join(dir, "m/model-00001-of-00002.safetensors"), shard(134_000));
    await fs.writeFile(path.join(dir, "m/model-00002-of-00002.safetensors"), shard(515));
    const known = await describeIn(dir, "./m");
    expect(known).toMatchObject({ params: { total: 134_515_000 }, confidence: "safetensors", warnings: [] });
    await fs.writeFile(path.join(dir, "m/model-00002-of-00002.safetensors"), shard(50_000));
    expect((await describeIn(dir, "./m")).warnings.join()).toContain("184M is used");
  });

  test("a lone ONNX file: its bytes", async () => {
    const dir = await tempDir();
    await fs.writeFile(path.join(dir, "detector.onnx"), Buffer.alloc(4_000_000));
    const known = await describeIn(dir, "detector.onnx");
    expect(known).toMatchObject({ id: "detector", params: { total: 1_000_000 }, confidence: "onnx" });
    expect(known.source).toContain("÷ 4 (fp32)");
  });

  test("a config.json that says more than the weights hold is said to", async () => {
    // USE-lite is no BERT, but its config.json has to say so for the tokenizer: 9.9M, and the weights are 7.0M in q8.
    const known = await describeIn(process.cwd(), "./templates/models/use-lite");
    expect(known.confidence).toBe("config");
    expect(known.warnings.join()).toContain("bytes of onnx/model_quantized.onnx");
  });

  test.each<[string, Record<string, string>, string]>([
    ["./nothing", {}, "there is no file"],
    ["./empty", { "empty/x.txt": "" }, "says how large"],
    ["cut.gguf", { "cut.gguf": "GGUF" }, "cannot be read as GGUF"],
    ["cut.safetensors", { "cut.safetensors": "12345678{" }, "cannot be read as safetensors"],
    ["pointer.safetensors", { "pointer.safetensors": "version https://git-lfs" }, "cannot be read as safetensors"],
    ["./broken", { "broken/config.json": "{" }, "not valid JSON"],
  ])("%s is said to be no model", async (name, files, words) => {
    const dir = await tempDir();
    await writeTree(dir, files);
    const error = await describeModel(name, options(dir)).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(CliError);
    expect(error).toMatchObject({ code: "FILE", message: expect.stringContaining(words) });
  });

  test("a name of the catalogue is the catalogue's, whatever folders there are", async () => {
    const dir = await tempDir();
    await writeTree(dir, { "use-lite/config.json": JSON.stringify(SMOLLM) });
    expect(await describeModel("use-lite", options(dir))).toBeNull();
    expect(await describeModel("some-7b", options(dir))).toBeNull();
  });
});

describe("the Hub", () => {
  let hub: LoopbackHub;
  let cwd: string;
  let env: Record<string, string>;
  beforeEach(async () => {
    cwd = await tempDir();
    hub = await startHub({
      "someone/Tiny": {
        files: { "config.json": JSON.stringify(SMOLLM), "tokenizer.json": "{}", "onnx/model_quantized.onnx": "12345" },
        info: {
          pipeline_tag: "text-generation",
          tags: ["license:mit"],
          safetensors: { total: 134_515_008, parameters: { BF16: 134_515_008 } },
        },
      },
      "someone/Wrong-Total": {
        files: { "config.json": JSON.stringify(SMOLLM) },
        info: { safetensors: { total: 333_312, parameters: { F32: 333_312 } } },
      },
      "someone/More-By-Type": {
        files: {},
        info: { pipeline_tag: "sentence-similarity", safetensors: { total: 5, parameters: { F32: 900, F16: 100 } } },
      },
      "someone/Mixture": { files: { "config.json": JSON.stringify(MIXTURE) } },
      "someone/Tiny-7B-GGUF": {
        files: { "x-Q4_0.gguf": "1234" },
        info: { gguf: { total: 7e9, context_length: 32_768 } },
      },
      "someone/Nothing": { files: {} },
    });
    env = { HF_ENDPOINT: hub.url, XDG_CACHE_HOME: path.join(cwd, "cache") };
  });
  afterEach(() => hub.close());

  const ask = (name: string, more: Partial<DescribeOptions> = {}): Promise<KnownModel | null> =>
    describeModel(name, options(cwd, { env, offline: false, ...more }));

  test("count, layers, files, task; and the plan that comes of it", async () => {
    const known = await ask("someone/Tiny");
    expect(known).toMatchObject({
      id: "someone/Tiny",
      pipeline: "text-generation",
      params: { total: 134_515_008, active: 134_515_008 },
      arch: { layers: 30, kvHeads: 3 },
      context: 8192,
      tokenizerBytes: 2,
      variants: [{ engine: "onnx", dtype: "q8", bytes: 5 }],
      confidence: "hub",
      warnings: [],
    });
    const resolved = resolveModel({ model: "someone/Tiny" }, known ?? undefined);
    expect(resolved).toMatchObject({ params: 134_515_008, kind: "decoder", task: "chat", confidence: "hub" });
    const plan = planModel({ model: "someone/Tiny", latencyBudgetMs: 60_000 }, { model: known ?? undefined });
    expect(plan.model).toMatchObject({ id: "someone/Tiny", params: 134_515_008, confidence: "hub" });
  });

  test("a total that is far too small gives way to the layer sizes, with a warning", async () => {
    const known = await ask("someone/Wrong-Total");
    expect(known?.params.total).toBe(134_515_008);
    expect(known?.warnings.join()).toContain("the layer sizes say 135M and the tensors in safetensors say 333K");
  });

  test("of the total and the sum over the types the larger one", async () => {
    expect(await ask("someone/More-By-Type")).toMatchObject({
      params: { total: 1_000 },
      pipeline: "feature-extraction",
    });
  });

  test("a mixture of experts: size by all, speed by the active", async () => {
    const known = await ask("someone/Mixture");
    const { total, active } = known?.params ?? { total: 0, active: 0 };
    expect(total / (active ?? 0)).toBeGreaterThan(5);
    expect(resolveModel({ model: "x" }, known ?? undefined)).toMatchObject({ params: total, activeParams: active });
  });

  test("GGUF files only", async () => {
    expect(await ask("someone/Tiny-7B-GGUF")).toMatchObject({
      params: { total: 7e9 },
      context: 32_768,
      variants: [{ engine: "gguf", dtype: "Q4_0", bytes: 4 }],
    });
  });

  test("what it said stays for when it cannot be asked, with its date", async () => {
    await ask("someone/Tiny");
    await hub.close();
    const today = new Date().toISOString().slice(0, 10);
    const offline = await ask("someone/Tiny", { offline: true });
    expect(offline?.source).toBe(`Hugging Face Hub, the tensors in safetensors (${today})`);
    const unreachable = options(cwd, { env, offline: false });
    expect(await describeModel("someone/Tiny", unreachable)).toEqual(offline);
    expect(unreachable.warnings.join()).toContain("ECONNREFUSED");
    // Another Hub's word is not this one's.
    const elsewhere = { ...env, HF_ENDPOINT: "http://127.0.0.1:1" };
    expect(await ask("someone/Tiny", { env: elsewhere, offline: true })).toBeNull();
  });

  test("offline nobody is asked", async () => {
    expect(await ask("someone/Tiny", { offline: true })).toBeNull();
    expect(hub.seen).toEqual([]);
  });

  test.each([
    ["no/body", "does not have it (404)"],
    ["someone/Nothing", "no size"],
  ])("%s is left to its name, and why is said", async (name, words) => {
    const given = options(cwd, { env, offline: false });
    expect(await describeModel(name, given)).toBeNull();
    expect(given.warnings.join()).toContain(words);
  });

  test("one that does not answer is asked once, and not waited for", async () => {
    hub.faults.set("config.json", { kind: "stall", after: 1 });
    const given = options(cwd, { env, offline: false });
    const started = performance.now();
    expect(await describeModel("someone/Tiny", given)).toBeNull();
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(given.warnings.join()).toContain("no answer within 3 s");
    expect(hub.seen.filter(({ url }) => url.includes("config.json"))).toHaveLength(1);
  });

  test("the token goes along, and stays out of the cache and of every warning", async () => {
    const token = "hf_loopbackSecret0123456789";
    hub.token = token;
    expect(await ask("someone/Tiny")).toBeNull();
    const given = options(cwd, { env: { ...env, HF_TOKEN: token }, offline: false });
    expect((await describeModel("someone/Tiny", given))?.params.total).toBe(134_515_008);
    const cached = await fs.readFile(path.join(cwd, "cache/edge-ai/hub/someone--tiny.json"), "utf8");
    expect(cached + given.warnings.join()).not.toContain(token);
  });
});
