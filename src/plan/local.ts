import { assumptions, engines, type DtypeFacts, type EngineFacts, type EngineName } from "../data/engines.ts";
import type { Variant } from "../data/models-schema.ts";
import type { Files } from "./amounts.ts";
import {
  bundleBytes,
  fileBytes,
  kvCacheBytes,
  loadFactor,
  memoryBytes,
  perTokenMs,
  promptMs,
  readyMs,
} from "./predict.ts";
import { rangesOf } from "./ranges.ts";
import type { ResolvedModel } from "./resolve-model.ts";
import { shapeOf, type Shape } from "./shape.ts";
import type { Predicted } from "./types.ts";
import { workingsOf, type Workings } from "./workings.ts";
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
  /** From process start to the first answer, or to its first token. */
  coldStartMs: number;
  candidate: Candidate;
  engine: EngineFacts;
  facts: DtypeFacts;
  tokenizerBytes: number;
  kvBytes: number;
  /** Tokens that the KV cache has room for, in each of its sequences. */
  contextTokens: number;
  /** One core, one request: what is multiplied by `factor`. null when no formula fits the model. */
  alone: { promptMs: number; perTokenMs: number | null } | null;
  factor: number;
  shapeKnown: boolean;
  /** Each sum with its inputs, for --explain. */
  workings: Workings;
}

/** What a prediction looks at. */
type Sized = Pick<ResolvedModel, "params" | "activeParams" | "kind" | "entry">;
type Load = Pick<Workload, "tokensIn" | "tokensOut" | "concurrency">;

const CANDIDATES: Record<ResolvedModel["kind"], { engine: EngineName; dtypes: readonly Variant["dtype"][] }> = {
  encoder: { engine: "onnx", dtypes: ["q8", "fp32"] },
  decoder: { engine: "gguf", dtypes: ["Q4_0", "Q8_0"] },
  other: { engine: "onnx", dtypes: ["q8", "fp32"] },
};

/**
 * Every way to run the model in a function: the files that are known, or the first dtype by formula.
 * @param facts others than those that ship: costs that were fitted just now
 */
export function predictLocal(
  model: Sized,
  workload: Load,
  machine: Pick<Machine, "vcpus">,
  facts: Record<EngineName, EngineFacts> = engines,
): LocalPrediction[] {
  const shape = shapeOf(model);
  return candidatesOf(model, shape).flatMap((candidate) => {
    const engine = facts[candidate.engine];
    const ofDtype = engine.dtypes[candidate.dtype];
    return ofDtype === undefined
      ? []
      : [predict({ model, shape, candidate, engine, facts: ofDtype, workload, machine })];
  });
}

function candidatesOf(model: Sized, shape: Shape): Candidate[] {
  const { engine, dtypes } = CANDIDATES[model.kind];
  const listed = (model.entry?.variants ?? []).filter(
    (variant) => variant.engine === engine && dtypes.includes(variant.dtype),
  );
  if (listed.length > 0) return listed.map(({ dtype, bytes, source }) => ({ engine, dtype, bytes, source }));
  return dtypes.slice(0, 1).map((dtype) => ({ engine, dtype, bytes: fileBytes(dtype, shape) ?? 0, source: "formula" }));
}

interface Parts {
  model: Sized;
  shape: Shape;
  candidate: Candidate;
  engine: EngineFacts;
  facts: DtypeFacts;
  workload: Load;
  machine: Pick<Machine, "vcpus">;
}

function predict({ model, shape, candidate, engine, facts, workload, machine }: Parts): LocalPrediction {
  const { tokensIn, tokensOut, concurrency } = workload;
  // A GGUF file holds its tokenizer.
  const tokenizer = candidate.engine === "gguf" ? 0 : (model.entry?.tokenizer?.bytes ?? 0);
  const files: Files = { weights: candidate.bytes, tokenizer };
  // lib/llama.ts makes room when it loads the model: more is there only when LLAMA_CONTEXT_TOKENS says so.
  const contextTokens = Math.max(assumptions.contextTokens.value, tokensIn + tokensOut);
  const kvBytes = kvCacheBytes(shape.kvBytesPerToken, contextTokens, assumptions.sequences.value);
  const factor = loadFactor(concurrency, machine.vcpus, assumptions.safetyFactor.value);
  const hasTimes = model.kind !== "other";
  const alone = hasTimes
    ? {
        promptMs: engine.service.call.value + promptMs(facts, shape, tokensIn, files),
        perTokenMs: perTokenMs(facts, shape, files),
      }
    : null;
  const prediction = {
    candidate,
    engine,
    facts,
    tokenizerBytes: tokenizer,
    kvBytes,
    contextTokens,
    factor,
    alone,
    shapeKnown: shape.known,
    bundleBytes: bundleBytes({
      engine: engine.bundleBytes.value,
      weights: candidate.bytes,
      tokenizer,
      app: assumptions.appBytes.value,
    }),
    memoryBytes: memoryBytes(facts, shape, files, kvBytes),
    coldStartMs: upToTenth(engine.service.start.value + readyMs(facts, shape, files) + (alone?.promptMs ?? 0)),
    cpuMs: alone === null ? null : alone.promptMs + (alone.perTokenMs ?? 0) * tokensOut,
    ...timesOf(alone, factor, tokensOut),
  };
  return {
    ...prediction,
    ranges: rangesOf(prediction),
    workings: workingsOf({ engine, facts, shape, files, tokensIn, contextTokens, hasTimes }),
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
