import { describe, expect, test } from "vitest";
import { decoderSizes, encoderSizes } from "../../../src/stand-in/sizes.ts";

describe("sizes that are known stay", () => {
  test("of an encoder", () => {
    const arch = { layers: 6, hidden: 384, ffn: 1_536, heads: 12, vocab: 30_522 };
    expect(encoderSizes({ arch })).toEqual({ ...arch, positions: 512 });
    expect(encoderSizes({ arch, tokensMax: 8_192 }).positions).toBe(8_192);
  });

  test("of a decoder", () => {
    const arch = {
      layers: 28,
      hidden: 1_024,
      heads: 16,
      kvHeads: 8,
      headDim: 128,
      ffn: 3_072,
      vocab: 151_936,
      tied: true,
    };
    expect(decoderSizes({ arch })).toEqual({ ...arch, contextTokens: 4_096 });
  });
});

describe("of parameters alone, a model of about that many", () => {
  test.each([5e6, 22.7e6, 33.4e6, 67e6, 110e6, 335e6])("encoder, %d", (params) => {
    const { layers, hidden, ffn, heads, vocab } = encoderSizes({ arch: {}, params });
    expect((vocab * hidden + layers * (4 * hidden ** 2 + 2 * hidden * ffn)) / params).toBeCloseTo(1, 1);
    expect(hidden % heads).toBe(0);
    expect(layers).toBeGreaterThanOrEqual(1);
  });

  test.each([30e6, 60e6, 135e6, 360e6, 600e6, 900e6])("decoder, %d", (params) => {
    const sizes = decoderSizes({ arch: {}, params });
    const { layers, hidden, ffn, heads, kvHeads, headDim, vocab } = sizes;
    const layer = 2 * hidden * headDim * (heads + kvHeads) + 3 * hidden * ffn;
    expect((vocab * hidden + layers * layer) / params).toBeCloseTo(1, 1);
    // Rows have to be made of whole blocks, and heads have to share keys and values evenly.
    expect([hidden % 32, ffn % 32, heads % kvHeads]).toEqual([0, 0, 0]);
  });

  test("SmolLM2-135M and bert-base come out much like themselves", () => {
    expect(decoderSizes({ arch: {}, params: 134.5e6 })).toMatchObject({ headDim: 64, vocab: 49_152, tied: true });
    expect(encoderSizes({ arch: {}, params: 109.5e6 })).toMatchObject({ hidden: 768, layers: 12, heads: 12 });
  });
});

test("what is missing of a known model is filled in so that its parameters fit", () => {
  // jina-embeddings-v2-small-en: 4 layers, no ffn in the catalogue.
  const sizes = encoderSizes({ arch: { layers: 4, hidden: 512, vocab: 30_528, heads: 8 }, params: 32_700_000 });
  expect(sizes).toMatchObject({ layers: 4, hidden: 512, heads: 8 });
  expect(sizes.ffn).toBeGreaterThan(2_048);
});
