import type { Mode, Task } from "../config/words.ts";
import type { Model, Pipeline } from "../data/models-schema.ts";
import { models, modelsCheckedAt } from "../data/models.ts";
import { providerOf, type Provider } from "../data/providers.ts";
import { CliError } from "../errors.ts";
import { findModel, type Found } from "./find-model.ts";
import { formatParams } from "./format.ts";
import { sizeInName } from "./name-size.ts";
import { nearestNames } from "./nearest-names.ts";
import { chooseTask, defaultModel, pipelines, taskProfiles, type Kind } from "./tasks.ts";
import type { Confidence, KnownModel, PlanInput } from "./types.ts";

/** What the formulas need of a model: the catalogue's words, or those of the Hub and of files on this machine. */
interface ModelFacts extends Pick<Model, "task" | "context" | "arch"> {
  tokenizer?: { bytes: number } | undefined;
  variants: KnownModel["variants"];
}

/** A model as far as it is known. */
export interface ResolvedModel {
  id: string | null;
  params: number;
  activeParams: number | null;
  /** The size in the family's name, as a count of parameters. It decides the class. */
  labelParams: number | null;
  confidence: Confidence;
  source: string;
  /** Layer sizes and files, when they are known to be this model's. */
  entry: ModelFacts | null;
  kind: Kind;
  task: Task;
  warnings: string[];
}

type Size = Pick<
  ResolvedModel,
  "id" | "params" | "activeParams" | "labelParams" | "confidence" | "source" | "entry"
> & {
  warnings: string[];
};

/**
 * Works out which model is meant and how large it is, without the network: what the Hub or files say when somebody looked
 * (`known`), else the catalogue, else the name. `params` wins over all of them. A mixture of experts has its size in
 * `params` and what works on each token in `activeParams`.
 * @throws CliError UNKNOWN_MODEL when none of them says a size
 */
export function resolveModel(
  input: Pick<PlanInput, "model" | "params" | "task" | "mode">,
  known?: KnownModel,
): ResolvedModel {
  const name = input.model?.trim();
  if (name === "") throw new CliError("USAGE", "--model is empty", { hint: "give a model, or leave the flag out" });
  if (known !== undefined) return resolveKnown(input, known);
  const chosen =
    name === undefined && input.params === undefined ? chooseDefault(input.task, input.mode) : { name, warnings: [] };
  const found = chosen.name === undefined ? null : findModel(chosen.name, models);
  const size = withProviderName(sizeOf(chosen.name ?? null, found, input.params), chosen.name);
  const task = chooseTask(input.task, found?.model ?? null, chosen.name, size.params);
  return {
    ...size,
    kind: size.entry === null ? taskProfiles[task.task].kind : pipelines[size.entry.task].kind,
    task: task.task,
    warnings: [...chosen.warnings, ...(task.warning === null ? [] : [task.warning]), ...size.warnings],
  };
}

/** A provider of open models answers to its own names only: "@cf/baai/bge-small-en-v1.5" is the catalogue's bge-small-en-v1.5, and called by the first. */
function withProviderName(size: Size, name: string | undefined): Size {
  return name !== undefined && providerOf(name)?.hostsOpenModels === true ? { ...size, id: name } : size;
}

/** What a model is for when nobody says: its config.json names no head that we know. */
const PIPELINE_OF_TASK = {
  embeddings: "feature-extraction",
  classify: "text-classification",
  chat: "text-generation",
  image: "text-to-image",
} as const satisfies Record<Task, Pipeline>;

function resolveKnown({ task: asked, params }: Pick<PlanInput, "task" | "params">, known: KnownModel): ResolvedModel {
  const { id, arch, context, tokenizerBytes, variants, warnings } = known;
  const chosen = chooseTask(asked, known.pipeline === null ? null : { task: known.pipeline }, id, known.params.total);
  const entry: ModelFacts = {
    task: known.pipeline ?? PIPELINE_OF_TASK[chosen.task],
    context,
    arch,
    tokenizer: tokenizerBytes === null ? undefined : { bytes: tokenizerBytes },
    variants,
  };
  const label = labelOf(id, known.params.total);
  const counted: Size = {
    id,
    params: known.params.total,
    activeParams: known.params.active,
    labelParams: label,
    confidence: known.confidence,
    source: known.source,
    entry,
    warnings: [],
  };
  const size = params === undefined ? counted : replaceParams(counted, id, label, params);
  return {
    ...size,
    kind: pipelines[entry.task].kind,
    task: chosen.task,
    warnings: [...(chosen.warning === null ? [] : [chosen.warning]), ...warnings, ...size.warnings],
  };
}

/**
 * The size in a name is the family's label when it is about what was counted: "gemma-2-2b" has 2.61B, "Mixtral-8x7B"
 * 46.7B of at most 56B. "TinyStories-3M", which has 10M, is only a name.
 */
function labelOf(id: string, total: number): number | null {
  const label = sizeInName(id)?.params ?? null;
  return label !== null && Math.abs(total / label - 1) <= 0.35 ? label : null;
}

function chooseDefault(task: Task | undefined, mode: Mode | undefined): { name: string; warnings: string[] } {
  const name = defaultModel(task ?? "embeddings", mode);
  return { name, warnings: [`no model named: ${name} is the default for ${task ?? "embeddings, the default task"}`] };
}

function sizeOf(name: string | null, found: Found | null, params: number | undefined): Size {
  if (params !== undefined) return sizeFromParams(name, found, params);
  if (found !== null) return sizeFromCatalogue(found);
  if (name === null) throw new Error("neither a name nor a size");
  return sizeFromName(name);
}

function sizeFromCatalogue({ model, by }: Found): Size {
  return {
    id: model.id,
    params: model.params.total,
    activeParams: model.params.active,
    labelParams: sizeInName(model.id)?.params ?? null,
    confidence: by,
    source: `catalogue, ${model.params.source} (${modelsCheckedAt})`,
    entry: model,
    warnings: [],
  };
}

function sizeFromName(name: string): Size {
  const named = sizeInName(name);
  const provider = providerOf(name);
  if (named === null && provider !== null) return unpublished(name, provider);
  if (named === null) throw unknownModel(name);
  return {
    id: name,
    ...named,
    labelParams: named.params,
    confidence: "name",
    source: "the size in the name",
    entry: null,
    warnings: [
      `${name} is not in the catalogue: ${formatParams(named.params)} is read from its name; --params is surer`,
    ],
  };
}

/** Nobody knows how large a provider's own models are. Every size beyond the table's last line gives the same plan. */
const UNPUBLISHED_PARAMS = 100e9;

function unpublished(name: string, provider: Provider): Size {
  return {
    id: name,
    params: UNPUBLISHED_PARAMS,
    activeParams: UNPUBLISHED_PARAMS,
    labelParams: null,
    confidence: "unpublished",
    source: `${provider.name} does not publish sizes: counted as large`,
    entry: null,
    warnings: [`${provider.name} does not say how large ${name} is: it is counted as large, and runs there`],
  };
}

/** `--params` wins. What else is known of the model stays when it is the same model within 10 %. */
function sizeFromParams(name: string | null, found: Found | null, params: number): Size {
  const label = sizeInName(found?.model.id ?? name ?? "")?.params ?? null;
  if (found !== null) return replaceParams(sizeFromCatalogue(found), name, label, params);
  const named = sizeInName(name ?? "");
  const size = named === null ? null : { ...named, id: name, entry: null };
  return replaceParams(size, name, label, params);
}

function replaceParams(
  known: Pick<Size, "id" | "params" | "activeParams" | "entry"> | null,
  name: string | null,
  label: number | null,
  params: number,
): Size {
  const same = known !== null && isNear(params, known.params);
  return {
    id: known?.id ?? name,
    params,
    activeParams: same && known.activeParams !== null ? Math.min(known.activeParams, params) : params,
    labelParams: label !== null && isNear(params, label) ? label : null,
    confidence: "params",
    source: "--params",
    entry: same ? known.entry : null,
    warnings:
      known === null || known.params === params
        ? []
        : [`--params ${formatParams(params)} is used instead of the ${formatParams(known.params)} of ${name}`],
  };
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a / b - 1) <= 0.1;
}

function unknownModel(name: string): CliError {
  const repository = name.split("/").at(-1) ?? name;
  const nearest = nearestNames(
    repository,
    models.map((model) => model.id),
    3,
  );
  return new CliError("UNKNOWN_MODEL", `${JSON.stringify(name)} is not in the catalogue and its name says no size`, {
    hint: `did you mean ${nearest.join(", ")}? Or give its size: --params 0.5B`,
  });
}
