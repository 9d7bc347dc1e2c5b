// A writer for GGUF files. https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (read 2026-11-23).
import type { Pieces } from "./random.ts";
import { writePieces } from "./write-pieces.ts";

const VERSION = 3;
const ALIGNMENT = 32;
/** GGUF's numbers for types of values. */
const TYPE = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;

/** How tensors are stored: ggml's number for it, and how many numbers are in how many bytes (ggml-common.h, from memory). */
export const tensorTypes = {
  F32: { id: 0, block: 1, bytes: 4 },
  F16: { id: 1, block: 1, bytes: 2 },
  Q4_0: { id: 2, block: 32, bytes: 18 },
  Q8_0: { id: 8, block: 32, bytes: 34 },
} as const;

export type TensorType = keyof typeof tensorTypes;

export interface Tensor {
  name: string;
  /** The innermost dimension first. */
  shape: readonly number[];
  type: TensorType;
  pieces: Pieces;
}

type Value =
  | { u32: number }
  | { f32: number }
  | { bool: boolean }
  | { string: string }
  | { strings: readonly string[] }
  | { f32s: readonly number[] }
  | { i32s: readonly number[] };
export type Metadata = Readonly<Record<string, Value>>;

/**
 * Writes a model.
 * @returns bytes written
 */
export function writeGgufFile(file: string, metadata: Metadata, tensors: readonly Tensor[]): Promise<number> {
  return writePieces(file, fileOf(metadata, tensors));
}

function* fileOf(metadata: Metadata, tensors: readonly Tensor[]): Pieces {
  const entries = Object.entries(metadata);
  const header = Buffer.concat([
    Buffer.from("GGUF"),
    u32(VERSION),
    u64(tensors.length),
    u64(entries.length),
    ...entries.flatMap(([key, value]) => [string(key), valueOf(value)]),
    ...tensorInfos(tensors),
  ]);
  yield header;
  yield padding(header.length);
  for (const tensor of tensors) {
    yield* tensor.pieces;
    yield padding(bytesOf(tensor));
  }
}

function tensorInfos(tensors: readonly Tensor[]): Buffer[] {
  let offset = 0;
  return tensors.map((tensor) => {
    const { name, shape, type } = tensor;
    const dimensions = [u32(shape.length), ...shape.map(u64)];
    const info = Buffer.concat([string(name), ...dimensions, u32(tensorTypes[type].id), u64(offset)]);
    const bytes = bytesOf(tensor);
    offset += bytes + padding(bytes).length;
    return info;
  });
}

function bytesOf({ shape, type }: Tensor): number {
  const { block, bytes } = tensorTypes[type];
  return (shape.reduce((product, size) => product * size, 1) / block) * bytes;
}

function valueOf(value: Value): Buffer {
  if ("u32" in value) return Buffer.concat([u32(TYPE.u32), u32(value.u32)]);
  if ("f32" in value) return Buffer.concat([u32(TYPE.f32), f32s([value.f32])]);
  if ("bool" in value) return Buffer.concat([u32(TYPE.bool), Buffer.from([value.bool ? 1 : 0])]);
  if ("string" in value) return Buffer.concat([u32(TYPE.string), string(value.string)]);
  if ("strings" in value) return array(TYPE.string, value.strings.length, Buffer.concat(value.strings.map(string)));
  if ("f32s" in value) return array(TYPE.f32, value.f32s.length, f32s(value.f32s));
  return array(TYPE.i32, value.i32s.length, bytesIn(Int32Array.from(value.i32s)));
}

function array(type: number, length: number, content: Buffer): Buffer {
  return Buffer.concat([u32(TYPE.array), u32(type), u64(length), content]);
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

function f32s(values: readonly number[]): Buffer {
  return bytesIn(Float32Array.from(values));
}

/** Every machine that edge-ai runs on is little-endian, as GGUF is. */
function bytesIn({ buffer }: { buffer: ArrayBuffer }): Buffer {
  return Buffer.from(buffer);
}

function padding(length: number): Buffer {
  return Buffer.alloc((ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT);
}
