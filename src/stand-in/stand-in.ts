import fs from "node:fs/promises";
import path from "node:path";
import type { Arch } from "../data/models-schema.ts";
import { CliError } from "../errors.ts";
import { bertGraph, type EncoderDtype } from "./bert.ts";
import { encoderTokenizer } from "./encoder-tokenizer.ts";
import { writeGgufFile } from "./gguf.ts";
import { llamaParts, type DecoderDtype } from "./llama.ts";
import { decoderSizes, encoderSizes } from "./sizes.ts";

interface Common {
  /** Layer sizes as far as they are known; `params` fills in the rest (src/stand-in/sizes.ts says how). */
  arch: Arch;
  params?: number | undefined;
  /** Longest text, in tokens, that it has to take: at least 512 (encoder), 4,096 (decoder). */
  tokensMax?: number | undefined;
  /** The model's folder, like `models/<id>`; made when it is not there. */
  dir: string;
  /** Another one gives other weights; the same one the same files. */
  seed?: number | undefined;
}

export type StandIn = Common & ({ kind: "encoder"; dtype: EncoderDtype } | { kind: "decoder"; dtype: DecoderDtype });

export interface Written {
  /** All files together. */
  bytes: number;
  /** Of the one with the weights. */
  weightsBytes: number;
  /** Relative to the folder. */
  files: string[];
}

/**
 * Writes a model of the same shape as a real one, with random weights: what it says means nothing, but engines load it and compute
 * with it as with the real one, so that its time, memory and bytes are real. The files are those that generated apps read: for an
 * encoder the layout of Transformers.js with the weights in onnx/model_quantized.onnx, whatever their dtype, for a decoder
 * model.gguf. Written in pieces: a gigabyte of weights is never in memory.
 * @throws CliError USAGE when there is no such stand-in: see `encoderSizes` and `decoderSizes`
 */
export async function writeStandIn(options: StandIn): Promise<Written> {
  await fs.mkdir(options.dir, { recursive: true });
  return options.kind === "encoder" ? writeEncoder(options) : writeDecoder(options);
}

const WEIGHTS = { encoder: "onnx/model_quantized.onnx", decoder: "model.gguf" } as const;

async function writeEncoder(options: StandIn & { kind: "encoder" }): Promise<Written> {
  const { dir, dtype, seed = 1 } = options;
  const sizes = encoderSizes(options);
  const weightsBytes = await bertGraph(sizes, dtype, seed).write(path.join(dir, WEIGHTS.encoder), "edge-ai stand-in");
  const { tokenizer, config } = encoderTokenizer(sizes.vocab, sizes.positions);
  const texts = {
    "config.json": {
      model_type: "bert",
      architectures: ["BertModel"],
      hidden_size: sizes.hidden,
      intermediate_size: sizes.ffn,
      num_attention_heads: sizes.heads,
      num_hidden_layers: sizes.layers,
      max_position_embeddings: sizes.positions,
      vocab_size: sizes.vocab,
    },
    "tokenizer.json": tokenizer,
    "tokenizer_config.json": config,
  };
  const textBytes = await Promise.all(Object.entries(texts).map(([file, content]) => writeJson(dir, file, content)));
  return {
    bytes: textBytes.reduce((sum, each) => sum + each, weightsBytes),
    weightsBytes,
    files: [...Object.keys(texts), WEIGHTS.encoder],
  };
}

async function writeDecoder(options: StandIn & { kind: "decoder" }): Promise<Written> {
  const { dir, dtype, seed = 1 } = options;
  const sizes = decoderSizes(options);
  for (const [name, width] of Object.entries({
    hidden: sizes.hidden,
    ffn: sizes.ffn,
    heads: sizes.heads * sizes.headDim,
  })) {
    if (dtype !== "F16" && width % 32 !== 0)
      throw new CliError("USAGE", `${dtype} has blocks of 32 numbers, and a row of this model (${name}) has ${width}`, {
        hint: "measure it in F16",
      });
  }
  const { metadata, tensors } = llamaParts(sizes, dtype, seed);
  const bytes = await writeGgufFile(path.join(dir, WEIGHTS.decoder), metadata, tensors);
  return { bytes, weightsBytes: bytes, files: [WEIGHTS.decoder] };
}

async function writeJson(dir: string, file: string, content: object): Promise<number> {
  const text = JSON.stringify(content);
  await fs.writeFile(path.join(dir, file), text);
  return Buffer.byteLength(text);
}
