// What was measured, as samples for the fit: each of a group of costs that belong together.
import { assumptions, type EngineName, type Part } from "../../src/data/engines.ts";
import {
  coldStartAmounts,
  memoryAmounts,
  promptAmounts,
  tokenAmounts,
  type Amounts,
  type Files,
} from "../../src/plan/amounts.ts";
import { shapeOf, type Shape } from "../../src/plan/shape.ts";
import { fit, predict, type Sample } from "./fit.ts";
import type { MeasuredShape } from "./run.ts";

export type Figure = "prompt" | "token" | "memory" | "coldStart";
/** Cost of each part, for each dtype. */
export type Fitted = Record<Figure, Record<string, Partial<Record<Part, number>>>>;

/** Which costs each figure has. Those of a dtype's own are marked; the others are the engine's, whatever the dtype. */
const costs: Record<EngineName, Partial<Record<Figure, { shared: readonly Part[]; own: readonly Part[] }>>> = {
  onnx: {
    prompt: { shared: ["call", "layer", "attention", "pooled", "megabyte"], own: ["gigaflop"] },
    memory: { shared: ["base", "tokenizerByte"], own: ["fileByte"] },
    coldStart: { shared: ["start", "tokenizerMegabyte"], own: ["loaded"] },
  },
  gguf: {
    prompt: { shared: ["call", "layer", "attention"], own: ["gigaflop"] },
    token: { shared: ["call", "layer"], own: ["megabyte"] },
    memory: { shared: ["base", "word"], own: ["fileByte"] },
    coldStart: { shared: ["start", "word"], own: ["loaded"] },
  },
};

const engineOf = ({ kind }: Pick<MeasuredShape, "kind">): EngineName => (kind === "encoder" ? "onnx" : "gguf");

/** The planner's shape of a model that was run. */
function plannedShape(measured: MeasuredShape): Shape {
  return shapeOf(resolved(measured));
}

/** As the planner knows a model from a catalogue: layer sizes, parameters, files. */
export function resolved({ arch, kind, weightsBytes, tokenizerBytes, dtype, name }: MeasuredShape) {
  const { layers = 0, hidden = 0, ffn = 0, heads = 0, vocab = 0, kvHeads = heads } = arch;
  const headDim = arch.headDim ?? hidden / heads;
  const layer = 2 * hidden * headDim * (heads + kvHeads) + (kind === "encoder" ? 2 : 3) * hidden * ffn;
  const params = vocab * hidden + layers * layer;
  const engine = engineOf({ kind });
  return {
    id: name,
    params,
    activeParams: params,
    labelParams: null,
    confidence: "config" as const,
    source: "built",
    kind,
    task: kind === "encoder" ? ("embeddings" as const) : ("chat" as const),
    warnings: [],
    entry: {
      task: kind === "encoder" ? ("feature-extraction" as const) : ("text-generation" as const),
      context: null,
      arch,
      tokenizer: { bytes: tokenizerBytes },
      variants: [{ engine, dtype, bytes: weightsBytes, source: "built" }],
    },
  };
}

/** Costs of both engines, fitted to these shapes. */
export function fitAll(measured: readonly MeasuredShape[]): { fitted: Fitted; residuals: Record<string, number[]> } {
  const fitted: Fitted = { prompt: {}, token: {}, memory: {}, coldStart: {} };
  const residuals: Record<string, number[]> = {};
  for (const engine of ["onnx", "gguf"] as const) {
    const shapes = measured.filter((each) => engineOf(each) === engine);
    for (const figure of ["prompt", "token", "memory", "coldStart"] as const) {
      const names = costs[engine][figure];
      if (names === undefined) continue;
      const samples = shapes.flatMap((shape) =>
        samplesOf(figure, shape, fitted).map((each) => scope(each, shape.dtype, names.own)),
      );
      const dtypes = [...new Set(shapes.map(({ dtype }) => dtype))];
      const all = [...names.shared, ...dtypes.flatMap((dtype) => names.own.map((part) => `${part} ${dtype}`))];
      const found = fit(samples, all);
      residuals[`${engine} ${figure}`] = samples.map((each) => predict(each, found) / each.measured);
      for (const dtype of dtypes) {
        fitted[figure][dtype] = Object.fromEntries(
          Object.entries(found).flatMap(([name, cost]) => {
            const [part = "", of] = name.split(" ");
            return of === undefined || of === dtype ? [[part, round(cost)]] : [];
          }),
        );
      }
    }
  }
  return { fitted, residuals };
}

/** Costs are shown with three digits, and those are what counts. */
const round = (cost: number): number => Number(cost.toPrecision(3));

function samplesOf(figure: Figure, measured: MeasuredShape, fitted: Fitted): Sample[] {
  const shape = plannedShape(measured);
  const files = filesOf(measured);
  if (figure === "prompt")
    return measured.reads.map(({ tokens, ms }) => sample(promptAmounts(shape, tokens, files), ms));
  if (figure === "token") return [sample(tokenAmounts(shape, files), measured.perTokenMs ?? Number.NaN)];
  if (figure === "memory") return [sample(memoryAmounts(shape, files), measured.peakBytes, kvBytesOf(shape))];
  // The first result of a process is that of the shortest text; what reading it takes is fitted already.
  const tokens = measured.reads[0]?.tokens ?? Number.NaN;
  const firstMs = predict(
    { amounts: promptAmounts(shape, tokens, files), known: 0 },
    fitted.prompt[measured.dtype] ?? {},
  );
  return [sample(coldStartAmounts(shape, files), measured.coldStartMs, firstMs)];
}

function filesOf({ kind, weightsBytes, tokenizerBytes }: MeasuredShape): Files {
  return { weights: weightsBytes, tokenizer: kind === "decoder" ? 0 : tokenizerBytes };
}

function kvBytesOf({ kvBytesPerToken }: Shape): number {
  return kvBytesPerToken * assumptions.contextTokens.value * assumptions.sequences.value;
}

/** Gives the parts that are a dtype's own a name of their own. */
function scope(from: Sample, dtype: string, own: readonly string[]): Sample {
  const amounts = Object.fromEntries(
    Object.entries(from.amounts).map(([part, amount]) => [own.includes(part) ? `${part} ${dtype}` : part, amount]),
  );
  return { ...from, amounts };
}

function sample(amounts: Amounts, measured: number, known = 0): Sample {
  return { amounts, measured, known };
}
