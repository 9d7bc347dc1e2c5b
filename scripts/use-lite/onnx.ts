// A writer for the small part of the ONNX protobuf format that a transformer needs.
// Field numbers: onnx/onnx.proto3 of ONNX 1.16 (IR version 9), read 2026-11-23.

/** TensorProto.DataType. */
export const F32 = 1;
export const I8 = 3;
export const I64 = 7;

export type ElementType = typeof F32 | typeof I8 | typeof I64;
export type Attribute = number | readonly number[] | { float: number };
/** A dimension of an input or output: a size, or a name where it varies. */
export type Dimension = number | string;

const OPSET = 17;
const IR_VERSION = 9;

/** Collects nodes and weights in order and serialises them as an ONNX model. */
export class OnnxGraph {
  readonly #nodes: Buffer[] = [];
  readonly #weights = new Map<string, Buffer>();
  readonly #inputs: Buffer[] = [];
  readonly #outputs: Buffer[] = [];

  input(name: string, type: ElementType, shape: readonly Dimension[]): string {
    this.#inputs.push(valueInfo(name, type, shape));
    return name;
  }

  output(name: string, type: ElementType, shape: readonly Dimension[]): void {
    this.#outputs.push(valueInfo(name, type, shape));
  }

  /** Stores a constant once per name and returns the name. */
  weight(name: string, type: ElementType, shape: readonly number[], values: ArrayLike<number>): string {
    if (!this.#weights.has(name)) this.#weights.set(name, tensor(name, type, shape, values));
    return name;
  }

  float(name: string, value: number): string {
    return this.weight(name, F32, [], [value]);
  }

  ints(name: string, values: readonly number[]): string {
    return this.weight(name, I64, [values.length], values);
  }

  /** Adds an operator and returns the name of its output. */
  op(type: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}, output?: string): string {
    const name = output ?? `${type}_${this.#nodes.length}`;
    this.#addNode(type, inputs, [name], attributes);
    return name;
  }

  /** Adds an operator with three outputs and returns their names. */
  op3(type: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}): [string, string, string] {
    const stem = `${type}_${this.#nodes.length}`;
    const names: [string, string, string] = [`${stem}_0`, `${stem}_1`, `${stem}_2`];
    this.#addNode(type, inputs, names, attributes);
    return names;
  }

  /** The serialised ModelProto. */
  toBuffer(producer: string): Buffer {
    const graph = Buffer.concat([
      ...this.#nodes.map((node) => bytes(1, node)),
      text(2, producer),
      ...[...this.#weights.values()].map((weight) => bytes(5, weight)),
      ...this.#inputs.map((value) => bytes(11, value)),
      ...this.#outputs.map((value) => bytes(12, value)),
    ]);
    const opset = bytes(8, Buffer.concat([text(1, ""), int(2, OPSET)]));
    return Buffer.concat([int(1, IR_VERSION), text(2, producer), bytes(7, graph), opset]);
  }

  #addNode(
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

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 0x7fn) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Buffer.from([...out, Number(rest)]);
}

const int = (field: number, value: number): Buffer => Buffer.concat([varint(field << 3), varint(value)]);
const text = (field: number, value: string): Buffer => bytes(field, Buffer.from(value));

function bytes(field: number, value: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(value.length), value]);
}

function tensor(name: string, type: ElementType, shape: readonly number[], values: ArrayLike<number>): Buffer {
  const raw = rawData(type, values);
  return Buffer.concat([...shape.map((size) => int(1, size)), int(2, type), text(8, name), bytes(9, raw)]);
}

function rawData(type: ElementType, values: ArrayLike<number>): Buffer {
  const data =
    type === F32
      ? Float32Array.from(values)
      : type === I8
        ? Int8Array.from(values)
        : BigInt64Array.from(Array.from(values, BigInt));
  return Buffer.from(data.buffer);
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
  const tensorType = Buffer.concat([int(1, type), bytes(2, Buffer.concat(dimensions))]);
  return Buffer.concat([text(1, name), bytes(2, bytes(1, tensorType))]);
}
