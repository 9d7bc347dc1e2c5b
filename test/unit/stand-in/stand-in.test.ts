// Stand-ins are run by the engines of generated apps, with the apps' own code.
import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { GGMLQuantizationType, gguf } from "@huggingface/gguf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Arch } from "../../../src/data/models-schema.ts";
import { writeStandIn } from "../../../src/stand-in/stand-in.ts";
import { prepare } from "../../../templates/app/lib/llama.ts";
import { loadModel } from "../../../templates/app/lib/onnx-model.ts";

const ENCODER: Arch = { layers: 2, hidden: 64, ffn: 256, heads: 2, vocab: 1_000 };
const DECODER: Arch = { layers: 2, hidden: 64, ffn: 192, heads: 2, kvHeads: 1, headDim: 32, vocab: 2_000, tied: true };
const ENCODER_PARAMS = 1_000 * 64 + 512 * 64 + 2 * 64 + 2 * (4 * 64 * 64 + 2 * 64 * 256 + 4 * 64 + 256 + 64);

let root: string;
beforeAll(async () => {
  root = await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai-stand-in-"));
});
afterAll(() => fs.rm(root, { recursive: true, force: true }));

let folders = 0;
const folder = (): string => path.join(root, `models-${++folders}`);

async function hash(...file: string[]): Promise<string> {
  return createHash("sha256")
    .update(await fs.readFile(path.join(...file)))
    .digest("hex");
}

describe("an encoder", () => {
  test.each([
    ["q8", 1],
    ["fp32", 4],
  ] as const)("in %s has %d bytes a parameter and gives unit vectors", async (dtype, bytesEach) => {
    const dir = folder();
    const { bytes, weightsBytes, files } = await writeStandIn({ kind: "encoder", dtype, arch: ENCODER, dir });
    const sizes = await Promise.all(files.map(async (file) => (await fs.stat(path.join(dir, file))).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(bytes);
    // Biases, norms and the graph itself come on top.
    expect(weightsBytes / (ENCODER_PARAMS * bytesEach)).toBeGreaterThan(1);
    expect(weightsBytes / (ENCODER_PARAMS * bytesEach)).toBeLessThan(1.25);

    const model = await loadModel(dir);
    const outcomes = await Promise.all(
      ["one two three", "one two three", "four, five!"].map((text) => model.run(text)),
    );
    expect(model.kind).toBe("embedding");
    expect(outcomes.map(({ tokens }) => tokens)).toEqual([5, 5, 6]);
    for (const { row } of outcomes) {
      expect(row).toHaveLength(64);
      expect(Math.hypot(...row)).toBeCloseTo(1, 5);
    }
    expect(outcomes[0]?.row).toEqual(outcomes[1]?.row);
    expect(outcomes[0]?.row).not.toEqual(outcomes[2]?.row);
  });

  test("has the operators of dynamic quantisation in q8 only", async () => {
    const contents = [];
    for (const dtype of ["q8", "fp32"] as const) {
      const dir = folder();
      await writeStandIn({ kind: "encoder", dtype, arch: ENCODER, dir });
      contents.push(await fs.readFile(path.join(dir, "onnx/model_quantized.onnx"), "latin1"));
    }
    for (const operator of ["DynamicQuantizeLinear", "MatMulInteger", "DequantizeLinear"]) {
      expect(contents.map((content) => content.includes(operator))).toEqual([true, false]);
    }
  });

  test("takes texts as long as was asked, and cuts longer ones", async () => {
    const dir = folder();
    await writeStandIn({ kind: "encoder", dtype: "q8", arch: ENCODER, tokensMax: 600, dir });
    const model = await loadModel(dir);
    expect((await model.run("word ".repeat(598))).tokens).toBe(600);
    expect((await model.run("word ".repeat(2_000))).tokens).toBe(600);
  });

  test("may be a table of vectors and nothing else", async () => {
    const dir = folder();
    await writeStandIn({ kind: "encoder", dtype: "fp32", arch: { static: true, hidden: 16 }, params: 16_000, dir });
    const { row } = await (await loadModel(dir)).run("hello");
    expect(row).toHaveLength(16);
  });
});

describe("a decoder", () => {
  test.each([
    ["Q4_0", 18 / 32],
    ["Q8_0", 34 / 32],
    ["F16", 2],
  ] as const)("in %s is what its header says", async (dtype, bytesEach) => {
    const dir = folder();
    const { weightsBytes, files } = await writeStandIn({ kind: "decoder", dtype, arch: DECODER, dir });
    expect(files).toEqual(["model.gguf"]);
    const layer = 2 * 64 * 32 * 3 + 3 * 64 * 192;
    const tableBytes = dtype === "F16" ? 2 : 34 / 32;
    const tensors = 2 * layer * bytesEach + 2_000 * 64 * tableBytes + 5 * 64 * 4;
    expect(weightsBytes - tensors).toBeGreaterThan(0);
    expect(weightsBytes - tensors).toBeLessThan(80_000);

    const { metadata, parameterCount } = await gguf(path.join(dir, "model.gguf"), {
      allowLocalFile: true,
      computeParametersCount: true,
    });
    expect(parameterCount).toBe(2_000 * 64 + 2 * layer + 5 * 64);
    expect(metadata).toMatchObject({
      "general.architecture": "llama",
      "llama.block_count": 2,
      "llama.attention.head_count_kv": 1,
      "llama.vocab_size": 2_000,
    });
  });

  test("writes as much as it may, in words", async () => {
    const dir = folder();
    await writeStandIn({ kind: "decoder", dtype: "Q4_0", arch: DECODER, dir });
    const { signal } = new AbortController();
    const prepared = await prepare(dir, [{ role: "user", content: "sixteen letters!" }], "a caller", signal);
    expect(prepared.promptTokens).toBe(20);
    const request = {
      messages: [],
      isStream: false,
      includeUsage: false,
      maxTokens: 40,
      temperature: 1,
      topP: 1,
      seed: 1,
      stop: [],
    };
    let text = "";
    const { reason } = await prepared.run(request, signal, (piece) => {
      if ("content" in piece) text += piece.content;
    });
    expect(reason).toBe("length");
    expect(text.trim().split(" ").length).toBeGreaterThan(20);
  });

  test("has its tensors where its header says, also those that fill no block of 32 bytes", async () => {
    const dir = folder();
    const arch = { ...DECODER, hidden: 36, headDim: 18 };
    const { bytes } = await writeStandIn({ kind: "decoder", dtype: "F16", arch, dir });
    const { tensorInfos, tensorDataOffset } = await gguf(path.join(dir, "model.gguf"), { allowLocalFile: true });
    const ends = tensorInfos.map(({ shape, dtype, offset }) => {
      const numbers = shape.reduce((product, size) => product * size, 1n);
      return offset + ((numbers * (dtype === GGMLQuantizationType.F32 ? 4n : 2n) + 31n) / 32n) * 32n;
    });
    expect(tensorInfos.map(({ offset }) => offset)).toEqual([0n, ...ends.slice(0, -1)]);
    expect(tensorDataOffset + (ends.at(-1) ?? 0n)).toBe(BigInt(bytes));
  });

  test.each([
    [true, "token_embd.weight"],
    [false, "output.weight"],
  ])("never says the end (tied: %s): the first rows of %s are zeros, and no others", async (tied, name) => {
    const dir = folder();
    await writeStandIn({ kind: "decoder", dtype: "Q8_0", arch: { ...DECODER, tied }, dir });
    const file = path.join(dir, "model.gguf");
    const { tensorInfos, tensorDataOffset } = await gguf(file, { allowLocalFile: true });
    const content = await fs.readFile(file);
    const rowBytes = (64 / 32) * 34;
    const rowsOf = (tensor: string): Buffer[] => {
      const from = Number(tensorDataOffset + (tensorInfos.find((info) => info.name === tensor)?.offset ?? 0n));
      return Array.from({ length: 8 }, (_, at) => content.subarray(from + at * rowBytes, from + (at + 1) * rowBytes));
    };
    const areZeros = rowsOf(name).map((row) => row.every((byte) => byte === 0));
    expect(areZeros).toEqual([true, true, true, true, true, true, false, false]);
    if (!tied) expect(rowsOf("token_embd.weight")[0]?.every((byte) => byte === 0)).toBe(false);
  });

  test("may have a head of its own", async () => {
    const sizes = [];
    for (const tied of [true, false]) {
      const dir = folder();
      sizes.push((await writeStandIn({ kind: "decoder", dtype: "Q8_0", arch: { ...DECODER, tied }, dir })).bytes);
    }
    expect((sizes[1] ?? 0) - (sizes[0] ?? 0)).toBeCloseTo(2_000 * 64 * (34 / 32), -3);
  });
});

test("the same seed writes the same files, another one others", async () => {
  const hashes = [];
  for (const seed of [1, 1, 2]) {
    const dir = folder();
    await writeStandIn({ kind: "encoder", dtype: "q8", arch: ENCODER, seed, dir });
    await writeStandIn({ kind: "decoder", dtype: "Q4_0", arch: DECODER, seed, dir });
    hashes.push([await hash(dir, "onnx/model_quantized.onnx"), await hash(dir, "model.gguf")]);
  }
  expect(hashes[1]).toEqual(hashes[0]);
  expect(hashes[2]?.[0]).not.toBe(hashes[0]?.[0]);
  expect(hashes[2]?.[1]).not.toBe(hashes[0]?.[1]);
});

test.each([
  [{ ...DECODER, experts: 8 }, undefined, "mixture of experts"],
  [{}, undefined, "--params"],
  [{ ...DECODER, ffn: 100 }, undefined, "F16"],
])("what cannot be stood in for is said: %j", async (arch, params, words) => {
  const writing = writeStandIn({ kind: "decoder", dtype: "Q4_0", arch, params, dir: folder() });
  await expect(writing).rejects.toMatchObject({ code: "USAGE" });
  await expect(writing).rejects.toSatisfy((error: Error & { hint?: string }) =>
    `${error.message} ${error.hint}`.includes(words),
  );
});
