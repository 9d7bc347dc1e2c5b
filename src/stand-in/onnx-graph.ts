// A writer for the small part of the ONNX protobuf format that an encoder needs, for files that do not fit into memory twice.
// Field numbers: onnx/onnx.proto3 of ONNX 1.16 (IR version 9), read 2026-11-23.
import { writePieces } from "./write-pieces.ts";
import type { Pieces } from "./random.ts";

/** TensorProto.DataType, and the bytes of one number. */
const types = {
  f32: { id: 1, bytes: 4 },
  u8: { id: 2, bytes: 1 },
  i8: { id: 3, bytes: 1 },
  i64: { id: 7, bytes: 8 },
} as const;

type ElementType = keyof typeof types;
type Attribute = number | readonly number[] | { float: number };
/** A dimension of an input or output: a size, or a name where it varies. */
type Dimension = number | string;

/** Part of a file: its length is known before its bytes are made. */
interface Part {
  length: number;
  pieces: Pieces;
}

const OPSET = 17;
const IR_VERSION = 9;

/** What a Cast to f32 names. */
export const F32: number = types.f32.id;

/** Collects nodes and weights in order and writes them as an ONNX model. */
export class OnnxGraph {
  readonly #nodes: Buffer[] = [];
  readonly #weights = new Map<string, Part[]>();
  readonly #ends: Buffer[] = [];

  input(name: string, type: ElementType, shape: readonly Dimension[]): string {
    this.#ends.push(bytes(11, valueInfo(name, type, shape)));
    return name;
  }

  output(name: string, type: ElementType, shape: readonly Dimension[]): void {
    this.#ends.push(bytes(12, valueInfo(name, type, shape)));
  }

  /** Adds a tensor and returns its name. `pieces` are taken when the file is written, once. */
  weight(name: string, type: ElementType, shape: readonly number[], pieces: Pieces): string {
    const { id, bytes: each } = types[type];
    const length = shape.reduce((product, size) => product * size, each);
    const head = Buffer.concat([...shape.map((size) => int(1, size)), int(2, id), text(8, name), start(9, length)]);
    this.#weights.set(name, [whole(start(5, head.length + length)), whole(head), { length, pieces }]);
    return name;
  }

  /** Adds a small constant once and returns its name. */
  constant(name: string, type: ElementType, shape: readonly number[], values: ArrayLike<number>): string {
    return this.#weights.has(name) ? name : this.weight(name, type, shape, [rawData(type, values)]);
  }

  float(name: string, value: number): string {
    return this.constant(name, "f32", [], [value]);
  }

  ints(name: string, values: readonly number[]): string {
    return this.constant(name, "i64", [values.length], values);
  }

  /** Adds an operator and returns the name of its output. */
  op(type: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}, output?: string): string {
    const name = output ?? `${type}_${this.#nodes.length}`;
    this.#add(type, inputs, [name], attributes);
    return name;
  }

  /** Adds an operator with three outputs and returns their names. */
  op3(type: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}): [string, string, string] {
    const stem = `${type}_${this.#nodes.length}`;
    const names: [string, string, string] = [`${stem}_0`, `${stem}_1`, `${stem}_2`];
    this.#add(type, inputs, names, attributes);
    return names;
  }

  /**
   * Writes the ModelProto.
   * @returns bytes written
   */
  async write(file: string, producer: string): Promise<number> {
    return writePieces(file, this.pieces(producer));
  }

  /** The bytes of the ModelProto, in order. */
  pieces(producer: string): Pieces {
    const parts = [
      ...this.#nodes.map((node) => whole(bytes(1, node))),
      whole(text(2, producer)),
      ...[...this.#weights.values()].flat(),
      ...this.#ends.map(whole),
    ];
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const opset = bytes(8, Buffer.concat([text(1, ""), int(2, OPSET)]));
    const head = Buffer.concat([int(1, IR_VERSION), text(2, producer), start(7, length)]);
    return inOrder([whole(head), ...parts, whole(opset)]);
  }

  #add(
    type: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Record<string, Attribute>,
  ): void {
    this.#nodes.push(
      Buffer.concat([
        ...inputs.map((name) => text(1, name)),
        ...outputs.map((name) => text(2, name)),
        text(3, `${type}_${this.#nodes.length}`),
        text(4, type),
        ...Object.entries(attributes).map(([name, value]) => bytes(5, attribute(name, value))),
      ]),
    );
  }
}

function whole(buffer: Buffer): Part {
  return { length: buffer.length, pieces: [buffer] };
}

function* inOrder(parts: readonly Part[]): Pieces {
  for (const { pieces } of parts) yield* pieces;
}

function rawData(type: ElementType, values: ArrayLike<number>): Uint8Array {
  const data = {
    f32: () => Float32Array.from(values),
    u8: () => Uint8Array.from(values),
    i8: () => Int8Array.from(values),
    i64: () => BigInt64Array.from(values, BigInt),
  }[type]();
  return new Uint8Array(data.buffer);
}

function attribute(name: string, value: Attribute): Buffer {
  if (typeof value === "number") return Buffer.concat([text(1, name), int(3, value), int(20, 2)]);
  if ("float" in value) {
    const float = Buffer.alloc(5);
    float[0] = (2 << 3) | 5;
    float.writeFloatLE(value.float, 1);
    return Buffer.concat([text(1, name), float, int(20, 1)]);
  }
  return Buffer.concat([text(1, name), ...value.map((each) => int(8, each)), int(20, 7)]);
}

function valueInfo(name: string, type: ElementType, shape: readonly Dimension[]): Buffer {
  const dimensions = shape.map((size) => bytes(1, typeof size === "number" ? int(1, size) : text(2, size)));
  const tensor = Buffer.concat([int(1, types[type].id), bytes(2, Buffer.concat(dimensions))]);
  return Buffer.concat([text(1, name), bytes(2, bytes(1, tensor))]);
}

// ---- protobuf: fields of numbers (wire type 0) and of bytes (wire type 2) ----

const int = (field: number, value: number): Buffer => Buffer.concat([varint(field << 3), varint(value)]);
const text = (field: number, value: string): Buffer => bytes(field, Buffer.from(value));
/** What stands before a field of bytes. */
const start = (field: number, length: number): Buffer => Buffer.concat([varint((field << 3) | 2), varint(length)]);
const bytes = (field: number, value: Buffer): Buffer => Buffer.concat([start(field, value.length), value]);

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 0x7fn) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Buffer.from([...out, Number(rest)]);
}
