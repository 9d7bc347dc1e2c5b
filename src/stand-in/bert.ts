// An encoder in the graph that exporters write for BERT: embeddings, post-norm layers with erf-GELU, last_hidden_state. The
// quantised one has the operators of ONNX Runtime's dynamic quantisation: DynamicQuantizeLinear, MatMulInteger, a token table in
// 8 bits. Pooling is the app's. Shapes and operators were compared with files of the Hub: sizes within 2 % (2026-11-23).
import { OnnxGraph } from "./onnx-graph.ts";
import { bits, randomBytes, randomFloats } from "./random.ts";
import type { EncoderSizes } from "./sizes.ts";

export type EncoderDtype = "fp32" | "q8";

/** @returns the graph: input_ids, attention_mask, token_type_ids → last_hidden_state, all [batch, tokens] */
export function bertGraph(sizes: EncoderSizes, dtype: EncoderDtype, seed: number): OnnxGraph {
  const graph = new OnnxGraph();
  const encoder = new Encoder(graph, sizes, dtype, seed);
  const hidden = encoder.layers(encoder.embed());
  graph.op("Identity", [hidden], {}, "last_hidden_state");
  graph.output("last_hidden_state", "f32", ["batch", "tokens", sizes.hidden]);
  return graph;
}

class Encoder {
  readonly #graph: OnnxGraph;
  readonly #sizes: EncoderSizes;
  readonly #dtype: EncoderDtype;
  readonly #next: () => number;
  /** Inputs that are quantised already: q, k and v read the same one. */
  readonly #quantized = new Map<string, [string, string, string]>();

  constructor(graph: OnnxGraph, sizes: EncoderSizes, dtype: EncoderDtype, seed: number) {
    this.#graph = graph;
    this.#sizes = sizes;
    this.#dtype = dtype;
    this.#next = bits(seed);
    for (const name of ["input_ids", "attention_mask", "token_type_ids"]) graph.input(name, "i64", ["batch", "tokens"]);
  }

  embed(): string {
    const graph = this.#graph;
    const { vocab, positions, layers } = this.#sizes;
    const words = this.#table("word", vocab, "input_ids");
    // A static model is nothing but its table.
    if (layers === 0) return words;
    const tokens = graph.op("Gather", [graph.op("Shape", ["input_ids"]), graph.ints("second", [1])]);
    const all = graph.constant("positions", "i64", [1, positions], [...Array(positions).keys()]);
    const ids = graph.op("Slice", [all, graph.ints("zero", [0]), tokens, graph.ints("axis1", [1])]);
    const placed = graph.op("Add", [words, this.#table("position", positions, ids)]);
    return this.#norm(graph.op("Add", [placed, this.#table("type", 2, "token_type_ids")]), "embeddings");
  }

  layers(embedded: string): string {
    const graph = this.#graph;
    const mask = graph.op("Unsqueeze", [graph.op("Cast", ["attention_mask"], { to: 1 }), graph.ints("axes12", [1, 2])]);
    const padding = graph.op("Sub", [graph.float("one", 1), mask]);
    const bias = graph.op("Mul", [padding, graph.float("minusMany", -3e38)]);
    let x = embedded;
    for (let layer = 0; layer < this.#sizes.layers; layer++) {
      const name = `layer${layer}`;
      x = this.#norm(graph.op("Add", [this.#attention(x, bias, name), x]), `${name}.attention`);
      x = this.#norm(graph.op("Add", [this.#feedForward(x, name), x]), `${name}.output`);
    }
    return x;
  }

  #attention(x: string, bias: string, name: string): string {
    const graph = this.#graph;
    const { hidden, heads } = this.#sizes;
    const split = graph.ints("split", [0, 0, heads, hidden / heads]);
    const part = (which: string, perm: number[]): string =>
      graph.op("Transpose", [graph.op("Reshape", [this.#linear(x, `${name}.${which}`, hidden, hidden), split])], {
        perm,
      });
    const products = graph.op("MatMul", [part("query", [0, 2, 1, 3]), part("key", [0, 2, 3, 1])]);
    const scaled = graph.op("Div", [products, graph.float("root", Math.sqrt(hidden / heads))]);
    const weights = graph.op("Softmax", [graph.op("Add", [scaled, bias])], { axis: -1 });
    const mixed = graph.op("MatMul", [weights, part("value", [0, 2, 1, 3])]);
    const merged = graph.op("Reshape", [
      graph.op("Transpose", [mixed], { perm: [0, 2, 1, 3] }),
      graph.ints("merge", [0, 0, hidden]),
    ]);
    return this.#linear(merged, `${name}.attention.output`, hidden, hidden);
  }

  /** GELU the way exporters write it: x · (1 + erf(x / √2)) / 2. The engine makes one operator of it. */
  #feedForward(x: string, name: string): string {
    const graph = this.#graph;
    const { hidden, ffn } = this.#sizes;
    const wide = this.#linear(x, `${name}.intermediate`, hidden, ffn);
    const erf = graph.op("Erf", [graph.op("Div", [wide, graph.float("root2", Math.SQRT2)])]);
    const gated = graph.op("Mul", [wide, graph.op("Add", [erf, graph.float("one", 1)])]);
    return this.#linear(graph.op("Mul", [gated, graph.float("half", 0.5)]), `${name}.output`, ffn, hidden);
  }

  #linear(x: string, name: string, rows: number, columns: number): string {
    const graph = this.#graph;
    const product =
      this.#dtype === "fp32" ? this.#matMul(x, name, rows, columns) : this.#matMulInteger(x, name, rows, columns);
    return graph.op("Add", [
      graph.weight(`${name}.bias`, "f32", [columns], randomFloats(columns, this.#next)),
      product,
    ]);
  }

  #matMul(x: string, name: string, rows: number, columns: number): string {
    const kernel = this.#graph.weight(name, "f32", [rows, columns], randomFloats(rows * columns, this.#next));
    return this.#graph.op("MatMul", [x, kernel]);
  }

  #matMulInteger(x: string, name: string, rows: number, columns: number): string {
    const graph = this.#graph;
    const [values, scale, zero] = this.#quantized.get(x) ?? graph.op3("DynamicQuantizeLinear", [x]);
    this.#quantized.set(x, [values, scale, zero]);
    const kernel = graph.weight(name, "i8", [rows, columns], randomBytes(rows * columns, this.#next));
    const product = graph.op("MatMulInteger", [values, kernel, zero, graph.constant("zeroI8", "i8", [], [0])]);
    const scales = graph.op("Mul", [scale, graph.float("kernelScale", 0.0003)]);
    return graph.op("Mul", [graph.op("Cast", [product], { to: 1 }), scales]);
  }

  /** Rows of a table of vectors. */
  #table(name: string, rows: number, ids: string): string {
    const graph = this.#graph;
    const { hidden } = this.#sizes;
    const count = rows * hidden;
    if (this.#dtype === "fp32")
      return graph.op("Gather", [graph.weight(name, "f32", [rows, hidden], randomFloats(count, this.#next)), ids]);
    const table = graph.weight(name, "u8", [rows, hidden], randomBytes(count, this.#next));
    const scale = graph.float("tableScale", 0.0003);
    return graph.op("DequantizeLinear", [
      graph.op("Gather", [table, ids]),
      scale,
      graph.constant("tableZero", "u8", [], [128]),
    ]);
  }

  #norm(x: string, name: string): string {
    const { hidden } = this.#sizes;
    const same = (value: number): number[] => Array.from({ length: hidden }, () => value);
    const inputs = [
      x,
      this.#graph.constant(`${name}.norm.scale`, "f32", [hidden], same(1)),
      this.#graph.constant(`${name}.norm.bias`, "f32", [hidden], same(0)),
    ];
    return this.#graph.op("LayerNormalization", inputs, { axis: -1, epsilon: { float: 1e-12 } });
  }
}
