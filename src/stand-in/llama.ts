import { SPECIAL_TOKENS, tokenizerMetadata, tokensOfCount } from "./decoder-vocabulary.ts";
import { tensorTypes, type Metadata, type Tensor, type TensorType } from "./gguf.ts";
import { bits, randomBlocks, randomBytes, randomFloats, type Pieces } from "./random.ts";
import type { DecoderSizes } from "./sizes.ts";

export type DecoderDtype = "Q4_0" | "Q8_0" | "F16";

/** What the first bytes of a block are: its scale in fp16. Chosen so that the numbers spread by about 0.02. */
const SCALES: Record<"Q4_0" | "Q8_0", Uint8Array> = {
  // 0.004334 × (−8 … 7)
  Q4_0: Uint8Array.of(0x70, 0x1c),
  // 0.000273 × (−128 … 127)
  Q8_0: Uint8Array.of(0x7a, 0x0c),
};

/** The token table is in 8 bits when the layers are in 4, as in the files that we compared with (2026-11-23). */
const TABLE_TYPE: Record<DecoderDtype, TensorType> = { Q4_0: "Q8_0", Q8_0: "Q8_0", F16: "F16" };

/** What a llama-like model of these sizes says of itself and is made of. */
export function llamaParts(
  given: DecoderSizes,
  dtype: DecoderDtype,
  seed: number,
): { metadata: Metadata; tensors: Tensor[] } {
  const tokens = tokensOfCount(given.vocab);
  const sizes = { ...given, vocab: tokens.length };
  return {
    metadata: { ...sizesMetadata(sizes), ...tokenizerMetadata(tokens) },
    tensors: tensorsOf(sizes, dtype, seed),
  };
}

/** What a GGUF file says of a llama-like model's sizes. */
export function sizesMetadata(sizes: Omit<DecoderSizes, "tied">): Metadata {
  return {
    "general.architecture": { string: "llama" },
    "general.name": { string: "random weights, says nothing" },
    "llama.block_count": { u32: sizes.layers },
    "llama.context_length": { u32: sizes.contextTokens },
    "llama.embedding_length": { u32: sizes.hidden },
    "llama.feed_forward_length": { u32: sizes.ffn },
    "llama.attention.head_count": { u32: sizes.heads },
    "llama.attention.head_count_kv": { u32: sizes.kvHeads },
    "llama.attention.key_length": { u32: sizes.headDim },
    "llama.attention.value_length": { u32: sizes.headDim },
    "llama.attention.layer_norm_rms_epsilon": { f32: 1e-5 },
    "llama.rope.dimension_count": { u32: sizes.headDim },
    "llama.vocab_size": { u32: sizes.vocab },
  };
}

function tensorsOf(sizes: DecoderSizes, dtype: DecoderDtype, seed: number): Tensor[] {
  const { hidden, ffn, heads, kvHeads, headDim, vocab, tied, layers } = sizes;
  const next = bits(seed);
  const ones = (name: string): Tensor => ({
    name: `${name}.weight`,
    shape: [hidden],
    type: "F32",
    pieces: [new Uint8Array(Float32Array.from({ length: hidden }, () => 1).buffer)],
  });
  const random = (name: string, columns: number, rows: number, type: TensorType = dtype): Tensor => ({
    name: `${name}.weight`,
    shape: [columns, rows],
    type,
    pieces: numbers(columns * rows, type, next),
  });
  // The table that says which token is next must not say "the end".
  const speaking = (name: string): Tensor => {
    const tensor = random(name, hidden, vocab, TABLE_TYPE[dtype]);
    return { ...tensor, pieces: withZeros(tensor, hidden * SPECIAL_TOKENS) };
  };
  return [
    ...(tied ? [] : [speaking("output")]),
    tied ? speaking("token_embd") : random("token_embd", hidden, vocab, TABLE_TYPE[dtype]),
    ones("output_norm"),
    ...Array.from({ length: layers }, (_, layer) => {
      const name = (part: string): string => `blk.${layer}.${part}`;
      return [
        ones(name("attn_norm")),
        random(name("attn_q"), hidden, heads * headDim),
        random(name("attn_k"), hidden, kvHeads * headDim),
        random(name("attn_v"), hidden, kvHeads * headDim),
        random(name("attn_output"), heads * headDim, hidden),
        ones(name("ffn_norm")),
        random(name("ffn_gate"), hidden, ffn),
        random(name("ffn_up"), hidden, ffn),
        random(name("ffn_down"), ffn, hidden),
      ];
    }).flat(),
  ];
}

function numbers(count: number, type: TensorType, next: () => number): Pieces {
  const { block, bytes } = tensorTypes[type];
  if (type === "F32") return randomFloats(count, next);
  if (type === "F16") return randomHalves(count, next);
  return randomBlocks(count / block, SCALES[type], bytes, next);
}

/** fp16 numbers of either sign between 2⁻⁷ and 2⁻⁵: every bit of the fraction is random, and one of the exponent. */
function* randomHalves(count: number, next: () => number): Pieces {
  for (const piece of randomBytes(count * 2, next)) {
    const halves = new Uint16Array(piece.buffer, piece.byteOffset, piece.length / 2);
    for (let at = 0; at < halves.length; at++) halves[at] = ((halves[at] ?? 0) & 0x87ff) | 0x2000;
    yield piece;
  }
}

/** The same tensor with zeros for its first `count` numbers. Zero bytes are zeros in every type. */
function* withZeros({ pieces, type }: Tensor, count: number): Pieces {
  const { block, bytes } = tensorTypes[type];
  let left = (count / block) * bytes;
  for (const piece of pieces) {
    piece.fill(0, 0, left);
    left = Math.max(0, left - piece.length);
    yield piece;
  }
}
