// Universal Sentence Encoder Lite (arXiv:1803.11175) as an int8 ONNX graph: two pre-norm transformer layers,
// a masked mean, a tanh layer, an L2 norm. Layer names are those of the TensorFlow.js graph the weights come from.
import { F32, OnnxGraph } from "../../src/stand-in/onnx-graph.ts";
import { quantize, type Weight, type Weights } from "./weights.ts";

const DIMENSIONS = 512;
const MAX_POSITIONS = 512;
const HEADS = 4;

/** @returns the serialised ONNX model: input_ids, attention_mask → last_hidden_state, sentence_embedding */
export function buildUseLite(weights: Weights): Buffer {
  const graph = new OnnxGraph();
  const ids = graph.input("input_ids", "i64", ["batch", "tokens"]);
  const maskInput = graph.input("attention_mask", "i64", ["batch", "tokens"]);
  const mask = graph.op("Cast", [maskInput], { to: F32 });
  const layers = new Layers(graph, weights, mask);

  const embedded = layers.embed(ids);
  const widened = layers.linear(
    embedded,
    weights.find("Layer_0/TransformerLayer/dense/kernel"),
    weights.find("Layer_0/TransformerLayer/dense/bias"),
    "widen",
  );
  const first = layers.feedForward(graph.op("Add", [layers.attention(embedded, 0), widened]), 0);
  const second = layers.feedForward(graph.op("Add", [layers.attention(first, 1), first]), 1);
  const sentence = layers.sentence(second);

  // Repeated over the tokens, so that a stock feature-extraction pipeline with mean pooling returns it unchanged.
  const shape = graph.op("Concat", [graph.op("Shape", [ids]), graph.ints("dimensions", [DIMENSIONS])], { axis: 0 });
  graph.op("Expand", [graph.op("Unsqueeze", [sentence, graph.ints("axis1", [1])]), shape], {}, "last_hidden_state");
  graph.output("last_hidden_state", "f32", ["batch", "tokens", DIMENSIONS]);
  graph.output("sentence_embedding", "f32", ["batch", DIMENSIONS]);
  return Buffer.concat([...graph.pieces("use-lite")]);
}

class Layers {
  readonly #graph: OnnxGraph;
  readonly #weights: Weights;
  readonly #mask: string;
  readonly #tokenMask: string;
  readonly #attentionBias: string;
  readonly #quantizedInputs = new Map<string, [string, string, string]>();

  constructor(graph: OnnxGraph, weights: Weights, mask: string) {
    this.#graph = graph;
    this.#weights = weights;
    this.#mask = mask;
    this.#tokenMask = graph.op("Unsqueeze", [mask, graph.ints("axis2", [2])]);
    const padding = graph.op("Sub", [graph.float("one", 1), mask]);
    const bias = graph.op("Mul", [padding, graph.float("minusMany", -1e9)]);
    this.#attentionBias = graph.op("Unsqueeze", [bias, graph.ints("axes12", [1, 2])]);
  }

  /** Token embeddings + sinusoidal positions. The original adds the embeddings to (embeddings + positions) once more. */
  embed(ids: string): string {
    const graph = this.#graph;
    const { data, shape } = this.#weights.find("Embeddings_en");
    const [vocabulary = 0, width = 0] = shape;
    const { values, scales } = quantize(data, vocabulary, width, 0);
    const rows = graph.op("Cast", [graph.op("Gather", [graph.constant("embeddings", "i8", shape, values), ids])], {
      to: F32,
    });
    const scale = graph.op("Gather", [graph.constant("embeddings.scale", "f32", [vocabulary, 1], scales), ids]);
    const embeddings = graph.op("Mul", [rows, scale]);
    const tokens = graph.op("Gather", [graph.op("Shape", [ids]), graph.ints("second", [1])]);
    const positions = graph.op("Slice", [this.#positions(), graph.ints("zero", [0]), tokens, graph.ints("axis1", [1])]);
    const sum = graph.op("Add", [embeddings, graph.op("Add", [embeddings, positions])]);
    return graph.op("Mul", [sum, this.#tokenMask]);
  }

  /** x · kernel + bias, with the kernel in int8 and x quantised as it comes. */
  linear(x: string, kernel: Weight, bias: Weight, name: string): string {
    const graph = this.#graph;
    const cols = bias.data.length;
    const rows = kernel.data.length / cols;
    const input = this.#quantizedInputs.get(x) ?? graph.op3("DynamicQuantizeLinear", [x]);
    this.#quantizedInputs.set(x, input);
    const { values, scales } = quantize(kernel.data, rows, cols, 1);
    const product = graph.op("MatMulInteger", [
      input[0],
      graph.constant(`${name}.kernel`, "i8", [rows, cols], values),
      input[2],
      graph.constant(`${name}.zero`, "i8", [cols], new Int8Array(cols)),
    ]);
    const scale = graph.op("Mul", [input[1], graph.constant(`${name}.scale`, "f32", [cols], scales)]);
    const real = graph.op("Mul", [graph.op("Cast", [product], { to: F32 }), scale]);
    return graph.op("Add", [real, graph.constant(`${name}.bias`, "f32", [cols], bias.data)]);
  }

  /** Norm, multi-head attention, output projection; the residual is the caller's. */
  attention(x: string, layer: number): string {
    const graph = this.#graph;
    const scope = `Layer_${layer}/TransformerLayer/MultiheadAttention`;
    const bias = this.#weights.find(scope, "qkv_transform_single/bias");
    const width = bias.data.length / 3;
    const normed = this.#norm(
      x,
      `Encode/Layer_${layer}/TransformerLayer/layer_prepostprocess`,
      `attention${layer}.norm`,
    );
    const qkv = this.linear(normed, this.#weights.find(scope, "qkv_transform_single/kernel"), bias, `qkv${layer}`);
    const [q, k, v] = graph.op3("Split", [qkv, graph.ints(`thirds${width}`, [width, width, width])], { axis: -1 });
    const headShape = graph.ints(`heads${layer}`, [0, 0, HEADS, width / HEADS]);
    const heads = (part: string, perm: number[]): string =>
      graph.op("Transpose", [graph.op("Reshape", [part, headShape])], { perm });
    const scaled = graph.op("Mul", [heads(q, [0, 2, 1, 3]), graph.float(`scale${layer}`, (width / HEADS) ** -0.5)]);
    const logits = graph.op("Add", [graph.op("MatMul", [scaled, heads(k, [0, 2, 3, 1])]), this.#attentionBias]);
    const mixed = graph.op("MatMul", [graph.op("Softmax", [logits], { axis: -1 }), heads(v, [0, 2, 1, 3])]);
    const merged = graph.op("Reshape", [
      graph.op("Transpose", [mixed], { perm: [0, 2, 1, 3] }),
      graph.ints(`merge${layer}`, [0, 0, width]),
    ]);
    const outBias = this.#weights.find(scope, "output_transform_single/bias");
    return this.linear(
      merged,
      this.#weights.find(scope, "output_transform_single/kernel"),
      outBias,
      `attention${layer}.out`,
    );
  }

  /** x + FFN(norm(x)). */
  feedForward(x: string, layer: number): string {
    const scope = `Layer_${layer}/TransformerLayer/FFN`;
    const dense = (input: string, name: string): string =>
      this.linear(
        input,
        this.#weights.find(`TransformerStack/${scope}/${name}/Tensordot/Reshape_1`),
        this.#weights.find(`Encode/${scope}/${name}/bias`),
        `${name}.${layer}`,
      );
    const normed = this.#norm(x, `${scope}/layer_prepostprocess`, `ffn${layer}.norm`);
    return this.#graph.op("Add", [dense(this.#graph.op("Relu", [dense(normed, "conv1")]), "conv2"), x]);
  }

  /** Mean over the real tokens, tanh layer, L2 norm. */
  sentence(x: string): string {
    const graph = this.#graph;
    const axis = graph.ints("axis1", [1]);
    const sum = graph.op("ReduceSum", [graph.op("Mul", [x, this.#tokenMask]), axis], { keepdims: 0 });
    const tokens = graph.op("ReduceSum", [this.#mask, axis], { keepdims: 0 });
    const count = graph.op("Unsqueeze", [graph.op("Max", [tokens, graph.float("one", 1)]), axis]);
    const mean = graph.op("Div", [sum, count]);
    const hidden = this.linear(
      mean,
      this.#weights.find("tanh_layer_0/weights"),
      this.#weights.find("tanh_layer_0/bias"),
      "tanh",
    );
    return graph.op("LpNormalization", [graph.op("Tanh", [hidden])], { axis: -1, p: 2 }, "sentence_embedding");
  }

  #norm(x: string, scope: string, name: string): string {
    const scale = this.#weights.find(scope, "layer_norm_scale").data;
    const bias = this.#weights.find(scope, "layer_norm_bias").data;
    const inputs = [
      x,
      this.#graph.constant(`${name}.scale`, "f32", [scale.length], scale),
      this.#graph.constant(`${name}.bias`, "f32", [bias.length], bias),
    ];
    return this.#graph.op("LayerNormalization", inputs, { axis: -1, epsilon: { float: 1e-6 } });
  }

  /** sin and cos of position x frequency, [1, MAX_POSITIONS, 2 x frequencies]. */
  #positions(): string {
    const frequencies = this.#weights.find("TimingSignal/ExpandDims_1").data;
    const width = 2 * frequencies.length;
    const table = new Float32Array(MAX_POSITIONS * width);
    for (let position = 0; position < MAX_POSITIONS; position++) {
      frequencies.forEach((frequency, index) => {
        table[position * width + index] = Math.sin(position * frequency);
        table[position * width + frequencies.length + index] = Math.cos(position * frequency);
      });
    }
    return this.#graph.constant("positions", "f32", [1, MAX_POSITIONS, width], table);
  }
}
