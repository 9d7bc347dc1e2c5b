import { assumptions } from "../data/engines.ts";
import { formatBytes, formatParams, formatSize } from "./format.ts";
import { compared } from "./margin.ts";
import { measuredOn, sourceOf, sourceOfFigure, type Rule } from "./rule.ts";
import { classOf, classOfMode, modeTakes, sizeClasses } from "./size-class.ts";
import type { Task } from "../config/words.ts";
import type { Pipeline } from "../data/models-schema.ts";
import type { LocalPrediction } from "./local.ts";
import { pipelines, taskProfiles } from "./tasks.ts";

/** Does the model belong here, and does it fit? */

export const sizeClass: Rule = ({ mode, model }) => {
  const own = classOf(model.params, model.labelParams);
  const { maxParams } = sizeClasses[classOfMode(mode)];
  const labelDecides = model.labelParams !== null && own !== classOf(model.params, null);
  const called = labelDecides ? `, a "${formatParams(model.labelParams ?? 0)}" by name` : "";
  const size = `${formatSize(model)}${called}: ${own} (${sizeClasses[own].text})`;
  const passed = modeTakes(mode, own);
  return {
    rule: "size-class",
    passed,
    actual: model.confidence === "unpublished" ? null : labelDecides ? model.labelParams : model.params,
    limit: Number.isFinite(maxParams) ? maxParams : null,
    unit: "parameters",
    text:
      sizeClasses[own].mode === mode
        ? `${size} runs ${mode} by default`
        : `${size} ${passed ? "may" : "cannot"} run ${mode}`,
    source: `the size table; size: ${model.source}`,
  };
};

/** A pipeline that edge-ai makes no function for is planned like classify (see tasks.ts), and like nothing else. */
function canDo(pipeline: Pipeline, task: Task): boolean {
  const { tasks } = pipelines[pipeline];
  return tasks.length === 0 ? task === "classify" : tasks.includes(task);
}

export const taskOfModel: Rule = ({ mode, model }) => {
  const inFunction = taskProfiles[model.task].runsInFunction || mode === "external";
  const pipeline = model.entry?.task;
  const able = pipeline === undefined || canDo(pipeline, model.task);
  if (inFunction && able) return null;
  return {
    rule: "task",
    passed: false,
    actual: null,
    limit: null,
    unit: "task",
    text: able
      ? `${model.task} needs a provider: edge-ai has no engine for it in a function`
      : `${model.id ?? "the model"} does ${pipeline}, which cannot do ${model.task}`,
    source: "what edge-ai makes functions for",
  };
};

export const nativeCode: Rule = ({ local, platform }) => {
  if (local === null || platform.nativeCode) return null;
  return {
    rule: "native-code",
    passed: false,
    actual: 1,
    limit: 0,
    unit: "native modules",
    text:
      `${local.engine.package} is native code and ${platform.title} runs none: take Workers AI (its OpenAI-compatible ` +
      "endpoint), an endpoint of your own (hybrid), a provider (external), or another target; " +
      "WebAssembly could run a small model there, but no template of ours does",
    source: `${platform.nativeModules.source} (${platform.nativeModules.checkedAt})`,
  };
};

export const bundleSize: Rule = ({ local, platform, measured }) => {
  if (local === null) return null;
  const limit = platform.bundleBytes.value;
  return {
    rule: "bundle-bytes",
    passed: local.bundleBytes <= limit,
    actual: local.bundleBytes,
    limit,
    unit: "bytes",
    text:
      `bundle ${formatBytes(local.bundleBytes)} ${compared(local.bundleBytes, limit, "bytes")}: ` +
      (measured === null ? bundleParts(local) : measuredOn(measured)),
    source: sourceOf(platform.bundleBytes),
  };
};

function bundleParts({ engine, candidate, tokenizerBytes }: LocalPrediction): string {
  return [
    `${engine.package} ${formatBytes(engine.bundleBytes.value)}`,
    `${candidate.dtype} weights ${formatBytes(candidate.bytes)}`,
    ...(tokenizerBytes === 0 ? [] : [`tokenizer ${formatBytes(tokenizerBytes)}`]),
    `app ${formatBytes(assumptions.appBytes.value)}`,
  ].join(" + ");
}

export const memory: Rule = (situation) => {
  const { local, machine, measured } = situation;
  if (local === null) return null;
  const share = assumptions.memoryShare.value;
  const limit = Math.round(share * machine.memoryMb * 1e6);
  return {
    rule: "memory-bytes",
    passed: local.memoryBytes <= limit,
    actual: local.memoryBytes,
    limit,
    unit: "bytes",
    text:
      `memory ${formatBytes(local.memoryBytes)} ${compared(local.memoryBytes, limit, "bytes")} ` +
      `(${share * 100} % of ${machine.memoryMb} MB)${measured === null ? memoryParts(local) : `: ${measuredOn(measured)}`}`,
    source: sourceOfFigure(situation, local.facts.range.memory),
  };
};

function memoryParts({ candidate, kvBytes, contextTokens, workings }: LocalPrediction): string {
  const weights = `${candidate.dtype} weights of ${formatBytes(candidate.bytes)}`;
  if (kvBytes === 0) return `, with ${weights}`;
  const cache = `KV cache ${formatBytes(kvBytes)} (${contextTokens} tokens × ${assumptions.sequences.value})`;
  return `: ${formatBytes(workings.memory.value)} with ${weights} + ${cache}`;
}
