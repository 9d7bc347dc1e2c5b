// Writes a tiny GGUF file that llama.cpp loads and runs like any other. Its weights are random numbers from a seed: the engine, the
// chat template, the limits and the timing are real, and what it says is lorem ipsum without meaning. No test may ask for sense.
import fs from "node:fs/promises";
import { normals } from "./random.ts";

const HIDDEN = 64;
const LAYERS = 2;
const HEADS = 4;
const KV_HEADS = 2;
const HEAD_DIM = HIDDEN / HEADS;
const FEED_FORWARD = 128;
const ALIGNMENT = 32;
/** GGUF's numbers for types of values, https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (2026-11-23). */
const TYPE = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;
/** llama.cpp's kinds of tokens: enum llama_token_type. */
const KIND = { normal: 1, unknown: 2, control: 3, byte: 6 } as const;

const WORDS =
  "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna aliqua enim ad minim veniam quis nostrud exercitation ullamco laboris nisi aliquip ex ea commodo consequat".split(
    " ",
  );

const TOKENS: readonly { text: string; kind: number }[] = [
  { text: "<unk>", kind: KIND.unknown },
  { text: "<s>", kind: KIND.control },
  { text: "</s>", kind: KIND.control },
  ...["system", "user", "assistant"].map((role) => ({ text: `<|${role}|>`, kind: KIND.control })),
  ...Array.from({ length: 256 }, (_, byte) => ({
    text: `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
    kind: KIND.byte,
  })),
  // What SentencePiece writes for a space.
  { text: "▁", kind: KIND.normal },
  ...WORDS.map((word) => ({ text: `▁${word}`, kind: KIND.normal })),
];

/**
 * In Jinja, as models carry it. Every ASCII character of a text is one token, and every <|role|> and </s> is one. Like the
 * templates of many models it refuses some conversations: here, those of more than 20 messages.
 */
const CHAT_TEMPLATE =
  "{{ bos_token }}{% if messages|length > 20 %}{{ raise_exception('too many messages') }}{% endif %}{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}</s>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}";

/** Tokens that a conversation of ASCII texts has under the file's chat template, counted by hand: `<s>`, and two around each text. */
export function promptTokensOf(texts: readonly string[]): number {
  const beginning = 1;
  const assistant = 1;
  return beginning + texts.reduce((sum, text) => sum + text.length + 2, 0) + assistant;
}

/**
 * Writes the model, 0.5 MB.
 * @param options seed: another one says other words; contextTokens: what the file says it was trained for
 * @returns bytes written
 */
export async function writeGguf(
  file: string,
  options: { seed?: number; contextTokens?: number } = {},
): Promise<number> {
  const { seed = 1, contextTokens = 4096 } = options;
  const tensors = tensorsOf(normals(seed));
  const metadata = metadataOf(contextTokens);
  const header = Buffer.concat([
    Buffer.from("GGUF"),
    u32(3),
    u64(tensors.length),
    u64(metadata.length),
    ...metadata,
    ...tensorInfos(tensors),
  ]);
  const content = Buffer.concat([
    header,
    padding(header.length),
    ...tensors.flatMap(({ data }) => [data, padding(data.length)]),
  ]);
  await fs.writeFile(file, content);
  return content.length;
}

interface Tensor {
  name: string;
  /** The innermost dimension first. */
  shape: readonly number[];
  data: Buffer;
}

function tensorsOf(normal: () => number): Tensor[] {
  const random = (name: string, columns: number, rows: number, scale: (row: number) => number = () => 0.3): Tensor =>
    tensor(name, [columns, rows], (at) => normal() * scale(Math.floor(at / columns)));
  const ones = (name: string): Tensor => tensor(name, [HIDDEN], () => 1);
  // Only words get a say: bytes would make broken UTF-8, and an early end would make tests a game of chance.
  const isWord = (row: number): boolean => TOKENS[row]?.kind === KIND.normal && row > TOKENS.length - WORDS.length - 1;
  return [
    random("token_embd.weight", HIDDEN, TOKENS.length, () => 1),
    ones("output_norm.weight"),
    random("output.weight", HIDDEN, TOKENS.length, (row) => (isWord(row) ? 1 : 0)),
    ...Array.from({ length: LAYERS }, (_, layer) => {
      const name = (part: string): string => `blk.${layer}.${part}.weight`;
      return [
        ones(name("attn_norm")),
        random(name("attn_q"), HIDDEN, HEADS * HEAD_DIM),
        random(name("attn_k"), HIDDEN, KV_HEADS * HEAD_DIM),
        random(name("attn_v"), HIDDEN, KV_HEADS * HEAD_DIM),
        random(name("attn_output"), HEADS * HEAD_DIM, HIDDEN),
        ones(name("ffn_norm")),
        random(name("ffn_gate"), HIDDEN, FEED_FORWARD),
        random(name("ffn_up"), HIDDEN, FEED_FORWARD),
        random(name("ffn_down"), FEED_FORWARD, HIDDEN),
      ];
    }).flat(),
  ];
}

function tensor(name: string, shape: readonly number[], valueAt: (at: number) => number): Tensor {
  const values = Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, at) =>
    valueAt(at),
  );
  return { name, shape, data: Buffer.from(values.buffer) };
}

function tensorInfos(tensors: readonly Tensor[]): Buffer[] {
  const F32 = 0;
  let offset = 0;
  return tensors.map(({ name, shape, data }) => {
    const info = Buffer.concat([string(name), u32(shape.length), ...shape.map(u64), u32(F32), u64(offset)]);
    offset += data.length + padding(data.length).length;
    return info;
  });
}

function metadataOf(contextTokens: number): Buffer[] {
  const texts = TOKENS.map(({ text }) => string(text));
  return [
    entry("general.architecture", TYPE.string, string("llama")),
    entry("general.name", TYPE.string, string("random weights for tests, says nothing")),
    entry("llama.block_count", TYPE.u32, u32(LAYERS)),
    entry("llama.context_length", TYPE.u32, u32(contextTokens)),
    entry("llama.embedding_length", TYPE.u32, u32(HIDDEN)),
    entry("llama.feed_forward_length", TYPE.u32, u32(FEED_FORWARD)),
    entry("llama.attention.head_count", TYPE.u32, u32(HEADS)),
    entry("llama.attention.head_count_kv", TYPE.u32, u32(KV_HEADS)),
    entry("llama.attention.layer_norm_rms_epsilon", TYPE.f32, f32(1e-5)),
    entry("llama.rope.dimension_count", TYPE.u32, u32(HEAD_DIM)),
    entry("llama.vocab_size", TYPE.u32, u32(TOKENS.length)),
    entry("tokenizer.ggml.model", TYPE.string, string("llama")),
    entry("tokenizer.ggml.tokens", TYPE.array, array(TYPE.string, texts)),
    entry(
      "tokenizer.ggml.scores",
      TYPE.array,
      array(
        TYPE.f32,
        TOKENS.map(() => f32(0)),
      ),
    ),
    entry(
      "tokenizer.ggml.token_type",
      TYPE.array,
      array(
        TYPE.i32,
        TOKENS.map(({ kind }) => u32(kind)),
      ),
    ),
    entry("tokenizer.ggml.unknown_token_id", TYPE.u32, u32(0)),
    entry("tokenizer.ggml.bos_token_id", TYPE.u32, u32(1)),
    entry("tokenizer.ggml.eos_token_id", TYPE.u32, u32(2)),
    entry("tokenizer.ggml.add_bos_token", TYPE.bool, Buffer.from([1])),
    entry("tokenizer.ggml.add_space_prefix", TYPE.bool, Buffer.from([0])),
    entry("tokenizer.chat_template", TYPE.string, string(CHAT_TEMPLATE)),
  ];
}

function entry(key: string, type: number, value: Buffer): Buffer {
  return Buffer.concat([string(key), u32(type), value]);
}

function array(type: number, values: readonly Buffer[]): Buffer {
  return Buffer.concat([u32(type), u64(values.length), ...values]);
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([u64(bytes.length), bytes]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function padding(length: number): Buffer {
  return Buffer.alloc((ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT);
}
