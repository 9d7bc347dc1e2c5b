// Writes a tiny text classifier in the files that Transformers.js and our functions read. Its weights are random numbers from a
// seed and it is not trained for anything, but it is computed by the real engine, and `expectedLogits` says by hand what has to come out:
// the mean of the tokens' rows of a table, times a matrix, plus a bias.
import fs from "node:fs/promises";
import path from "node:path";
import { normals } from "./random.ts";

const HIDDEN = 8;
const UNKNOWN = "[UNK]";
/** In order of their ids. */
const WORDS = [UNKNOWN, "the", "order", "came", "early", "late", "broken", "thanks", "works", "never", "again", "!"];
const MAX_TOKENS = 16;
/** Types of tensors and attributes in onnx.proto (IR version 9, opset 17). */
const FLOAT = 1;
const INT64 = 7;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_INTS = 7;

export interface ClassifierOptions {
  labels: readonly string[];
  seed?: number;
  /** As config.json of a model says it. */
  problemType?: "single_label_classification" | "multi_label_classification";
}

interface Weights {
  table: number[];
  matrix: number[];
  bias: number[];
}

/** Writes config.json, tokenizer.json, tokenizer_config.json and onnx/model_quantized.onnx (float32 all the same) into a folder. */
export async function writeClassifier(dir: string, options: ClassifierOptions): Promise<void> {
  const { labels, problemType } = options;
  const id2label = Object.fromEntries(labels.map((label, id) => [id, label]));
  const config = {
    architectures: ["BertForSequenceClassification"],
    model_type: "bert",
    id2label,
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
    ...(problemType && { problem_type: problemType }),
  };
  await fs.mkdir(path.join(dir, "onnx"), { recursive: true });
  await Promise.all([
    fs.writeFile(path.join(dir, "config.json"), JSON.stringify(config)),
    fs.writeFile(path.join(dir, "tokenizer.json"), JSON.stringify(tokenizer)),
    fs.writeFile(
      path.join(dir, "tokenizer_config.json"),
      JSON.stringify({ tokenizer_class: "PreTrainedTokenizerFast", model_max_length: MAX_TOKENS, unk_token: UNKNOWN }),
    ),
    fs.writeFile(path.join(dir, "onnx", "model_quantized.onnx"), model(weightsOf(options), labels.length)),
  ]);
}

/** The logits that the written model has to give for words of its vocabulary, computed without any engine. */
export function expectedLogits(options: ClassifierOptions, words: readonly string[]): number[] {
  const { table, matrix, bias } = weightsOf(options);
  const ids = words.map((word) => Math.max(0, WORDS.indexOf(word))).slice(0, MAX_TOKENS);
  const mean = Array.from(
    { length: HIDDEN },
    (_, at) => ids.reduce((sum, id) => sum + (table[id * HIDDEN + at] ?? 0), 0) / ids.length,
  );
  return bias.map((start, label) =>
    mean.reduce((sum, value, at) => sum + value * (matrix[at * bias.length + label] ?? 0), start),
  );
}

function weightsOf({ labels, seed = 1 }: ClassifierOptions): Weights {
  const normal = normals(seed);
  const numbers = (length: number): number[] => Array.from({ length }, () => Math.fround(normal()));
  return {
    table: numbers(WORDS.length * HIDDEN),
    matrix: numbers(HIDDEN * labels.length),
    bias: numbers(labels.length),
  };
}

const tokenizer = {
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: [],
  normalizer: { type: "Lowercase" },
  pre_tokenizer: { type: "Whitespace" },
  post_processor: null,
  decoder: null,
  model: {
    type: "WordPiece",
    unk_token: UNKNOWN,
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])),
  },
};

function model({ table, matrix, bias }: Weights, labels: number): Buffer {
  const graph = Buffer.concat([
    node("Gather", ["table", "input_ids"], "rows"),
    node("Cast", ["attention_mask"], "mask", [attribute("to", FLOAT)]),
    node("Unsqueeze", ["mask", "last"], "wide_mask"),
    node("Mul", ["rows", "wide_mask"], "kept"),
    node("ReduceMean", ["kept"], "mean", [attribute("axes", [1]), attribute("keepdims", 0)]),
    node("MatMul", ["mean", "matrix"], "product"),
    node("Add", ["product", "bias"], "logits"),
    text(2, "classifier"),
    bytes(5, floats("table", [WORDS.length, HIDDEN], table)),
    bytes(5, floats("matrix", [HIDDEN, labels], matrix)),
    bytes(5, floats("bias", [labels], bias)),
    bytes(5, tensor("last", [1], INT64, Buffer.from(BigInt64Array.of(2n).buffer))),
    bytes(11, valueInfo("input_ids", INT64, ["batch", "tokens"])),
    bytes(11, valueInfo("attention_mask", INT64, ["batch", "tokens"])),
    bytes(12, valueInfo("logits", FLOAT, ["batch", labels])),
  ]);
  const opset = Buffer.concat([text(1, ""), number(2, 17)]);
  return Buffer.concat([number(1, 9), bytes(7, graph), bytes(8, opset)]);
}

function node(operator: string, inputs: readonly string[], output: string, attributes: readonly Buffer[] = []): Buffer {
  return bytes(
    1,
    Buffer.concat([
      ...inputs.map((input) => text(1, input)),
      text(2, output),
      text(4, operator),
      ...attributes.map((each) => bytes(5, each)),
    ]),
  );
}

function attribute(name: string, value: number | readonly number[]): Buffer {
  if (typeof value === "number") return Buffer.concat([text(1, name), number(3, value), number(20, ATTRIBUTE_INT)]);
  return Buffer.concat([text(1, name), ...value.map((each) => number(8, each)), number(20, ATTRIBUTE_INTS)]);
}

function floats(name: string, shape: readonly number[], values: readonly number[]): Buffer {
  return tensor(name, shape, FLOAT, Buffer.from(Float32Array.from(values).buffer));
}

function tensor(name: string, shape: readonly number[], type: number, data: Buffer): Buffer {
  return Buffer.concat([...shape.map((size) => number(1, size)), number(2, type), text(8, name), bytes(9, data)]);
}

function valueInfo(name: string, type: number, shape: readonly (number | string)[]): Buffer {
  const dimensions = shape.map((size) => bytes(1, typeof size === "number" ? number(1, size) : text(2, size)));
  return Buffer.concat([
    text(1, name),
    bytes(2, bytes(1, Buffer.concat([number(1, type), bytes(2, Buffer.concat(dimensions))]))),
  ]);
}

// ---- protobuf: fields of numbers (wire type 0) and of bytes (wire type 2) ----

function number(field: number, value: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

function bytes(field: number, content: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(content.length), content]);
}

function text(field: number, content: string): Buffer {
  return bytes(field, Buffer.from(content));
}

function varint(value: number): Buffer {
  const low = value & 0x7f;
  return value < 0x80
    ? Buffer.from([low])
    : Buffer.concat([Buffer.from([low | 0x80]), varint(Math.floor(value / 0x80))]);
}
