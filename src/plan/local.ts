import { assumptions, engines, type DtypeFacts, type EngineFacts, type EngineName } from "../data/engines.ts";
import type { Variant } from "../data/models-schema.ts";
import { bundleBytes, coldStartMs, fileBytes, loadFactor, memoryBytes, perTokenMs, promptMs } from "./predict.ts";
import type { ResolvedModel } from "./resolve-model.ts";
import { shapeOf, type Shape } from "./shape.ts";
import type { Predicted } from "./types.ts";
import type { Machine, Workload } from "./workload.ts";

/** Weights that an engine can run in a function. */
interface Candidate {
  engine: EngineName;
  dtype: Variant["dtype"];
  bytes: number;
  source: string;
}

/** What one candidate does inside one function. */
export interface LocalPrediction extends Predicted {
  bundleBytes: number;
  memoryBytes: number;
  coldStartMs: number;
  candidate: Candidate;
  engine: EngineFacts;
  facts: DtypeFacts;
  tokenizerBytes: number;
  kvBytes: number;
  /** One core, one request: what is multiplied by `factor`. null when no formula fits the model. */
  alone: { promptMs: number; perTokenMs: number | null } | null;
  factor: number;
  shapeKnown: boolean;
}

const CANDIDATES: Record<ResolvedModel["kind"], { engine: EngineName; dtypes: readonly Variant["dtype"][] }> = {
  encoder: { engine: "onnx", dtypes: ["q8", "fp32"] },
  decoder: { engine: "gguf", dtypes: ["Q4_0", "Q8_0"] },
  other: { engine: "onnx", dtypes: ["q8", "fp32"] },
};

/** Every way to run the model in a function: the files of the catalogue, or the first dtype by formula. */
export function predictLocal(model: ResolvedModel, workload: Workload, machine: Machine): LocalPrediction[] {
  const shape = shapeOf(model);
  return candidatesOf(model, shape).flatMap((candidate) => {
    const engine: EngineFacts = engines[candidate.engine];
    const facts = engine.dtypes[candidate.dtype];
    return facts === undefined ? [] : [predict({ model, shape, candidate, engine, facts, workload, machine })];
  });
}

function candidatesOf(model: ResolvedModel, shape: Shape): Candidate[] {
  const { engine, dtypes } = CANDIDATES[model.kind];
  const listed = (model.entry?.variants ?? []).filter(
    (variant) => variant.engine === engine && dtypes.includes(variant.dtype),
  );
  if (listed.length > 0) return listed.map(({ dtype, bytes, source }) => ({ engine, dtype, bytes, source }));
  return dtypes.slice(0, 1).map((dtype) => ({ engine, dtype, bytes: fileBytes(dtype, shape) ?? 0, source: "formula" }));
}

interface Parts {
  model: ResolvedModel;
  shape: Shape;
  candidate: Candidate;
  engine: EngineFacts;
  facts: DtypeFacts;
  workload: Workload;
  machine: Machine;
}

function predict({ model, shape, candidate, engine, facts, workload, machine }: Parts): LocalPrediction {
  const tokens = workload.tokensIn + workload.tokensOut;
  const cache = { kvBytesPerToken: shape.kvBytesPerToken, tokens, sequences: workload.concurrency };
  // A GGUF file holds its tokenizer.
  const tokenizerBytes = candidate.engine === "gguf" ? 0 : (model.entry?.tokenizer?.bytes ?? 0);
  const factor = loadFactor(workload.concurrency, machine.vcpus, assumptions.safetyFactor.value);
  const alone =
    model.kind === "other"
      ? null
      : {
          promptMs: promptMs(engine, facts, shape, workload.tokensIn),
          perTokenMs: perTokenMs(facts, shape, candidate.bytes),
        };
  return {
    candidate,
    engine,
    facts,
    tokenizerBytes,
    factor,
    alone,
    shapeKnown: shape.known,
    kvBytes: memoryBytes(facts, 0, cache) - facts.memoryBaseBytes.value,
    bundleBytes: bundleBytes({
      engine: engine.bundleBytes.value,
      weights: candidate.bytes,
      tokenizer: tokenizerBytes,
      app: assumptions.appBytes.value,
    }),
    memoryBytes: memoryBytes(facts, candidate.bytes, cache),
    coldStartMs: upToTenth(coldStartMs(engine, candidate.bytes)),
    ...timesOf(alone, factor, workload.tokensOut),
  };
}

function timesOf(
  alone: LocalPrediction["alone"],
  factor: number,
  tokensOut: number,
): Pick<Predicted, "p95Ms" | "firstTokenMs" | "tokensPerSecond"> {
  if (alone === null) return { p95Ms: null, firstTokenMs: null, tokensPerSecond: null };
  const { perTokenMs: each } = alone;
  return {
    p95Ms: upToTenth((alone.promptMs + (each ?? 0) * tokensOut) * factor),
    firstTokenMs: each === null ? null : upToTenth(alone.promptMs * factor),
    tokensPerSecond: each === null ? null : Math.floor(10_000 / (each * factor)) / 10,
  };
}

/** Rounded once, here, against us: what is judged is what is printed. */
function upToTenth(ms: number): number {
  return Math.ceil(ms * 10 - 1e-6) / 10;
}
