// Writes a tiny GGUF file that llama.cpp loads and runs like any other. Its weights are random numbers from a seed: the engine, the
// chat template, the limits and the timing are real, and what it says is lorem ipsum without meaning. No test may ask for sense.
import { KIND, tokenizerMetadata, tokensWith } from "../../src/stand-in/decoder-vocabulary.ts";
import { writeGgufFile, type Tensor } from "../../src/stand-in/gguf.ts";
import { sizesMetadata } from "../../src/stand-in/llama.ts";
import { normals } from "./random.ts";

export { promptTokensOf } from "../../src/stand-in/decoder-vocabulary.ts";

const HIDDEN = 64;
const LAYERS = 2;
const HEADS = 4;
const KV_HEADS = 2;
const HEAD_DIM = HIDDEN / HEADS;
const FEED_FORWARD = 128;

const WORDS =
  "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna aliqua enim ad minim veniam quis nostrud exercitation ullamco laboris nisi aliquip ex ea commodo consequat".split(
    " ",
  );
const TOKENS = tokensWith(WORDS);

/**
 * Writes the model, 0.5 MB.
 * @param options seed: another one says other words; contextTokens: what the file says it was trained for
 * @returns bytes written
 */
export function writeGguf(file: string, options: { seed?: number; contextTokens?: number } = {}): Promise<number> {
  const { seed = 1, contextTokens = 4096 } = options;
  const sizes = { layers: LAYERS, hidden: HIDDEN, ffn: FEED_FORWARD, heads: HEADS, kvHeads: KV_HEADS };
  const metadata = sizesMetadata({ ...sizes, headDim: HEAD_DIM, vocab: TOKENS.length, contextTokens });
  return writeGgufFile(file, { ...metadata, ...tokenizerMetadata(TOKENS) }, tensorsOf(normals(seed)));
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
  return { name, shape, type: "F32", pieces: [new Uint8Array(values.buffer)] };
}
