import { assumptions } from "../../data/engines.ts";
import { modelsCheckedAt } from "../../data/models.ts";
import type { Explained, ExplainedInput } from "../../explain.ts";
import type { LocalPrediction } from "../local.ts";
import type { Draft } from "../plan.ts";
import type { PlanInput } from "../types.ts";
import type { Working } from "../workings.ts";
import { explained, fromAbove, fromFact } from "./entry.ts";
import { explainRanges } from "./ranges.ts";
import { workloadInputs } from "./workload.ts";

/** How the figures of a model inside a function are predicted: the formulas of predict.ts, with their inputs. */
export function explainLocal(draft: Draft, local: LocalPrediction, input: PlanInput): Explained[] {
  return [...sizes(local), ...times(draft, local, input), ...explainRanges(local)];
}

function sizes(local: LocalPrediction): Explained[] {
  const { engine, candidate, tokenizerBytes, bundleBytes, memoryBytes, coldStartMs, alone, workings } = local;
  const weights: ExplainedInput = {
    name: "weights",
    value: candidate.bytes,
    unit: "bytes",
    source: candidate.source === "formula" ? "estimated from the parameter count" : `file: ${candidate.source}`,
    checkedAt: modelsCheckedAt,
  };
  const { memory, kvCache, ready } = workings;
  const ofProgram = fromAbove("engine, tokenizer and weights", memory.value, "bytes");
  const getReady = fromAbove("get ready", ready.value, "ms");
  return [
    explained("weights (local)", candidate.bytes, "bytes", "weights", [weights]),
    explained("bundle (local)", bundleBytes, "bytes", "engine + weights + tokenizer + app", [
      fromFact("engine", "bytes", engine.bundleBytes),
      weights,
      { name: "tokenizer", value: tokenizerBytes, unit: "bytes", source: "file of the model", checkedAt: null },
      fromFact("app", "bytes", assumptions.appBytes),
    ]),
    worked("engine, tokenizer and weights (local)", memory),
    ...(kvCache === null ? [] : [worked("KV cache (local)", kvCache)]),
    kvCache === null
      ? explained("memory (local)", memoryBytes, "bytes", ofProgram.name, [ofProgram])
      : explained("memory (local)", memoryBytes, "bytes", `${ofProgram.name} + KV cache`, [
          ofProgram,
          fromAbove("KV cache", kvCache.value, "bytes"),
        ]),
    worked("get ready (local)", ready),
    alone === null
      ? explained("cold start (local)", coldStartMs, "ms", "get ready", [getReady])
      : explained("cold start (local)", coldStartMs, "ms", "get ready + prompt", [
          getReady,
          fromAbove("prompt", alone.promptMs, "ms"),
        ]),
  ];
}

function worked(what: string, { value, unit, formula, inputs }: Working): Explained {
  return explained(what, value, unit, formula, inputs);
}

function times(draft: Draft, local: LocalPrediction, input: PlanInput): Explained[] {
  const { alone, factor, cpuMs, p95Ms, firstTokenMs, tokensPerSecond, workings } = local;
  if (alone === null || workings.prompt === null) return [];
  const { tokensOut, concurrency } = workloadInputs(draft, input);
  const { vcpus } = draft.judged.local.situation.machine;
  const second: ExplainedInput = { name: "second", value: 1_000, unit: "ms", source: "by definition", checkedAt: null };
  const prompt = fromAbove("prompt", alone.promptMs, "ms");
  const each = fromAbove("each token", alone.perTokenMs ?? 0, "ms");
  const load = fromAbove("load factor", factor, "");
  const sum = alone.perTokenMs === null ? "prompt" : "(prompt + tokens out × each token)";
  const parts = alone.perTokenMs === null ? [prompt] : [prompt, tokensOut, each];
  return [
    worked("prompt (local)", workings.prompt),
    ...(workings.perToken === null ? [] : [worked("each token (local)", workings.perToken)]),
    explained("load factor (local)", factor, "", "max(1, at once ÷ vCPUs) × safety", [
      concurrency,
      { name: "vCPUs", value: vcpus, unit: "vCPU", source: "the planned function", checkedAt: null },
      fromFact("safety", "", assumptions.safetyFactor),
    ]),
    explained("processor (local)", cpuMs ?? 0, "ms", sum, parts),
    ...(p95Ms === null ? [] : [explained("p95 (local)", p95Ms, "ms", `${sum} × load factor`, [...parts, load])]),
    ...(firstTokenMs === null
      ? []
      : [explained("first token (local)", firstTokenMs, "ms", "prompt × load factor", [prompt, load])]),
    ...(tokensPerSecond === null
      ? []
      : [
          explained("tokens per second (local)", tokensPerSecond, "tokens/s", "second ÷ (each token × load factor)", [
            second,
            each,
            load,
          ]),
        ]),
  ];
}
