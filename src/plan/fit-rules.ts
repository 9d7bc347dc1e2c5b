import { assumptions } from "../data/engines.ts";
import { formatBytes, formatParams, formatSize } from "./format.ts";
import { sourceOf, type Rule } from "./rule.ts";
import { classOf, classOfMode, modeTakes, sizeClasses } from "./size-class.ts";
import type { Task } from "../config/words.ts";
import type { Pipeline } from "../data/models-schema.ts";
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
    actual: labelDecides ? model.labelParams : model.params,
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
      `${local.engine.package} is native code and ${platform.title} has none: ` +
      "use the Workers AI binding, an external endpoint, or a model that fits 128 MB in WebAssembly",
    source: sourceOf(platform.bundleBytes),
  };
};

export const bundleSize: Rule = ({ local, platform }) => {
  if (local === null) return null;
  const { engine, candidate, tokenizerBytes } = local;
  const parts = [
    `${engine.package} ${formatBytes(engine.bundleBytes.value)}`,
    `${candidate.dtype} weights ${formatBytes(candidate.bytes)}`,
    ...(tokenizerBytes === 0 ? [] : [`tokenizer ${formatBytes(tokenizerBytes)}`]),
    `app ${formatBytes(assumptions.appBytes.value)}`,
  ];
  const limit = platform.bundleBytes.value;
  const passed = local.bundleBytes <= limit;
  return {
    rule: "bundle-bytes",
    passed,
    actual: local.bundleBytes,
    limit,
    unit: "bytes",
    text: `bundle ${formatBytes(local.bundleBytes)} is ${passed ? "within" : "over"} ${formatBytes(limit)}: ${parts.join(" + ")}`,
    source: sourceOf(platform.bundleBytes),
  };
};

export const memory: Rule = ({ local, machine, workload }) => {
  if (local === null) return null;
  const share = assumptions.memoryShare.value;
  const limit = Math.round(share * machine.memoryMb * 1e6);
  const { facts, candidate, kvBytes } = local;
  const parts = [
    formatBytes(facts.memoryBaseBytes.value),
    `${facts.memoryPerFileByte.value} × weights ${formatBytes(candidate.bytes)}`,
    ...(kvBytes === 0
      ? []
      : [
          `KV cache ${formatBytes(kvBytes)} (${workload.tokensIn + workload.tokensOut} tokens × ${workload.concurrency})`,
        ]),
  ];
  const passed = local.memoryBytes <= limit;
  return {
    rule: "memory-bytes",
    passed,
    actual: local.memoryBytes,
    limit,
    unit: "bytes",
    text:
      `memory ${formatBytes(local.memoryBytes)} is ${passed ? "within" : "over"} ${formatBytes(limit)} ` +
      `(${share * 100} % of ${machine.memoryMb} MB): ${parts.join(" + ")}`,
    source: sourceOf(facts.memoryPerFileByte),
  };
};
