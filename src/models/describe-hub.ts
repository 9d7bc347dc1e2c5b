import type { Pipeline } from "../data/models-schema.ts";
import { messageOf } from "../errors.ts";
import type { KnownModel } from "../plan/types.ts";
import { readModelConfig, type ModelConfig } from "./config-json.ts";
import { compareCounts } from "./cross-check.ts";
import { jsonFile, modelInfo, treeOf, type HubInfo } from "./hub-api.ts";
import { readCached, writeCached, type HubRecord } from "./hub-cache.ts";
import { hubOf, type Hub } from "./hub-endpoint.ts";
import { ONNX_BYTES_PER_PARAM, plannedVariants, weightFiles, type WeightFile } from "./weight-files.ts";

/** What else the Hub says of a model. */
export interface HubModel extends KnownModel {
  license: string | null;
}

export interface DescribeHubOptions {
  env: Readonly<Record<string, string | undefined>>;
  offline: boolean;
  warn: (warning: string) => void;
  signal?: AbortSignal | undefined;
}

/** A plan is made in a moment: whoever wants one does not wait for the network. */
const LIMIT_MS = 3_000;

/**
 * What the Hub says of "owner/name": asked once, within 3 s; what it said the last time when it cannot be asked.
 * @returns null when there is neither an answer nor an earlier one, or the Hub does not know the model; `warn` hears why
 * @throws CliError USAGE when HF_ENDPOINT is none
 */
export async function describeHub(repository: string, options: DescribeHubOptions): Promise<HubModel | null> {
  const { env, offline, warn } = options;
  const hub = hubOf(env);
  const asked = offline ? "not asked (--offline)" : await ask(hub, repository, options.signal).catch(reasonOf);
  options.signal?.throwIfAborted();
  if (typeof asked !== "string") {
    await writeCached(env, asked);
    return describeRecord(asked, warn);
  }
  const cached = await readCached(env, hub.url, repository);
  const instead =
    cached === null ? "only its name says something of it" : `what it said on ${cached.fetchedOn} is used`;
  if (!offline) warn(`the Hub does not describe ${repository}: ${asked}; ${instead}`);
  return cached === null ? null : describeRecord(cached, warn);
}

function reasonOf(error: unknown): string {
  return messageOf(error);
}

async function ask(hub: Hub, repository: string, given: AbortSignal | undefined): Promise<HubRecord> {
  const limit = AbortSignal.timeout(LIMIT_MS);
  const signal = given === undefined ? limit : AbortSignal.any([given, limit]);
  const once = { signal, backoffMs: 0, tries: 1, limitMs: LIMIT_MS };
  try {
    const [info, config, files] = await Promise.all([
      modelInfo(hub, repository, once),
      jsonFile(hub, repository, "config.json", once),
      treeOf(hub, repository, "main", once),
    ]);
    const listed = files.map(({ path, bytes }) => ({ path, bytes }));
    const fetchedOn = new Date().toISOString().slice(0, 10);
    return { repository, endpoint: hub.url, fetchedOn, info, config, files: listed };
  } catch (error) {
    if (limit.aborted) throw new Error(`no answer within ${LIMIT_MS / 1_000} s`, { cause: error });
    throw error;
  }
}

/** The Hub's words for what a model is for, in ours. */
const PIPELINES: Readonly<Record<string, Pipeline>> = {
  "feature-extraction": "feature-extraction",
  "sentence-similarity": "feature-extraction",
  "fill-mask": "fill-mask",
  "text-classification": "text-classification",
  "text-ranking": "text-classification",
  "text-generation": "text-generation",
  "image-text-to-text": "text-generation",
  "text-to-image": "text-to-image",
  "image-to-text": "image-to-text",
  "automatic-speech-recognition": "automatic-speech-recognition",
  "voice-activity-detection": "voice-activity-detection",
};

function describeRecord(record: HubRecord, warn: (warning: string) => void): HubModel | null {
  const { repository, info, fetchedOn } = record;
  const config = record.config === null ? null : readModelConfig(record.config);
  const weights = weightFiles(record.files);
  const count = countOf(info, config, weights);
  if (count === null) {
    warn(`the Hub says no size of ${repository}`);
    return null;
  }
  const from = `Hugging Face Hub, ${count.what} (${fetchedOn})`;
  return {
    id: repository,
    pipeline: PIPELINES[info.pipeline_tag ?? ""] ?? config?.pipeline ?? null,
    params: { total: count.total, active: activeOf(count.total, config) },
    arch: config?.arch ?? {},
    context: config?.context ?? (info.gguf?.context_length || null),
    tokenizerBytes: record.files.find(({ path }) => path === "tokenizer.json")?.bytes ?? null,
    variants: plannedVariants(weights, `the Hub's list of files (${fetchedOn})`),
    confidence: "hub",
    source: from,
    license: licenseOf(info),
    warnings: [...(config?.warnings ?? []), ...count.warnings],
  };
}

/** A tag like "license:mit"; what is no plain word is not printed. */
function licenseOf({ tags = [] }: HubInfo): string | null {
  return tags.map((tag) => /^license:([\w.+-]+)$/.exec(tag)?.[1]).find((license) => license !== undefined) ?? null;
}

interface Count {
  total: number;
  what: string;
  warnings: string[];
}

/**
 * The Hub's count of the tensors, checked against the layer sizes. When they are more than 10 % apart the larger one counts:
 * a total can be far too small because of a repository's metadata (huggingface_hub#4221), or because packed weights are counted
 * by element (hub-docs#2704); a formula only because it leaves out parts, like those for images.
 */
function countOf(info: HubInfo, config: ModelConfig | null, weights: readonly WeightFile[]): Count | null {
  const listed = listedTotal(info);
  const formula = config?.params?.total ?? null;
  if (listed === null && formula === null) return fromOnnx(weights);
  if (listed === null || (formula !== null && formula > listed.total * 1.1)) {
    const warnings = listed === null ? [] : compareCounts({ what: "the layer sizes", total: formula }, { ...listed });
    return { total: formula ?? 0, what: "the layer sizes in config.json", warnings };
  }
  return { ...listed, warnings: compareCounts(listed, { what: "the layer sizes", total: formula }) };
}

function listedTotal({ safetensors, gguf }: HubInfo): { total: number; what: string } | null {
  const byType = Object.values(safetensors?.parameters ?? {}).reduce((sum, elements) => sum + elements, 0);
  const total = Math.max(safetensors?.total ?? 0, byType);
  if (total > 0) return { total, what: "the tensors in safetensors" };
  return gguf?.total === undefined || gguf.total === 0 ? null : { total: gguf.total, what: "the tensors in GGUF" };
}

function fromOnnx(weights: readonly WeightFile[]): Count | null {
  const file = weights.find(({ engine, dtype }) => engine === "onnx" && ONNX_BYTES_PER_PARAM[dtype] !== undefined);
  const bytesPerParam = ONNX_BYTES_PER_PARAM[file?.dtype ?? ""];
  if (file === undefined || bytesPerParam === undefined) return null;
  const what = `bytes of ${file.path} ÷ ${bytesPerParam} (${file.dtype})`;
  return { total: Math.round(file.bytes / bytesPerParam), what, warnings: [] };
}

/** The Hub does not say how much of a mixture of experts works on each token; the layer sizes do. */
function activeOf(total: number, config: ModelConfig | null): number | null {
  if (config?.params == null) return null;
  const { total: all, active } = config.params;
  return active === all ? total : Math.min(active, total);
}
