import type { Arch, Model } from "../data/models-schema.ts";
import { modelsCheckedAt } from "../data/models.ts";
import { formatBytes, formatParams } from "../plan/format.ts";
import type { KnownModel } from "../plan/types.ts";

/** A number and where it comes from. */
interface Sourced<T> {
  value: T;
  source: string;
}

/** Everything that is known of a model: what `models show` prints. */
export interface ModelCard {
  id: string;
  /** Where the weights are; null for files on this machine. */
  hub: string | null;
  pipeline: string | null;
  license: string | null;
  params: Sourced<number>;
  /** Parameters that work on each token; null when nobody says. */
  activeParams: Sourced<number> | null;
  /** Longest text in tokens. */
  context: Sourced<number> | null;
  /** Layer sizes, which the predictions need. */
  arch: Sourced<Arch> | null;
  tokenizerBytes: Sourced<number> | null;
  files: { engine: string; dtype: string; bytes: number; sha256: string | null; source: string }[];
  note: string | null;
  warnings: readonly string[];
}

function said(source: string): string {
  return `catalogue, ${source} (${modelsCheckedAt})`;
}

/** What the catalogue knows. */
export function cardOfCatalogue(model: Model): ModelCard {
  const config = said("config.json of the model");
  return {
    id: model.id,
    hub: model.hub,
    pipeline: model.task,
    license: model.license,
    params: { value: model.params.total, source: said(model.params.source) },
    activeParams: { value: model.params.active, source: said(model.params.source) },
    context: model.context === null ? null : { value: model.context, source: config },
    arch: Object.keys(model.arch).length === 0 ? null : { value: model.arch, source: config },
    tokenizerBytes:
      model.tokenizer === undefined ? null : { value: model.tokenizer.bytes, source: said(model.tokenizer.source) },
    files: model.variants.map(({ engine, dtype, bytes, sha256, source }) => ({
      engine,
      dtype,
      bytes,
      sha256: sha256 ?? null,
      source: said(source),
    })),
    note: model.note ?? null,
    warnings: [],
  };
}

/** What the Hub or files on this machine say. */
export function cardOfKnown(known: KnownModel & { license?: string | null }): ModelCard {
  const { params, source } = known;
  const layers = known.confidence === "gguf" ? source : "config.json";
  return {
    id: known.id,
    hub: known.confidence === "hub" ? known.id : null,
    pipeline: known.pipeline,
    license: known.license ?? null,
    params: { value: params.total, source },
    activeParams: params.active === null ? null : { value: params.active, source: `${source}; ${layers}` },
    context: known.context === null ? null : { value: known.context, source: layers },
    arch: Object.keys(known.arch).length === 0 ? null : { value: known.arch, source: layers },
    tokenizerBytes:
      known.tokenizerBytes === null ? null : { value: known.tokenizerBytes, source: "bytes of tokenizer.json" },
    files: known.variants.map((variant) => ({ ...variant, sha256: null })),
    note: null,
    warnings: known.warnings,
  };
}

/** The card as lines; every number is followed by its source. */
export function renderCard(card: ModelCard): string {
  const { params, activeParams, context, arch, tokenizerBytes } = card;
  const isMixture = activeParams !== null && activeParams.value !== params.value;
  const lines: [string, string | null][] = [
    ["from", card.hub],
    ["task", card.pipeline],
    ["licence", card.license ?? "not said"],
    ["parameters", `${formatParams(params.value)} (${params.value}): ${params.source}`],
    ["active", isMixture ? `${formatParams(activeParams.value)} on each token: ${activeParams.source}` : null],
    ["context", context === null ? null : `${context.value} tokens: ${context.source}`],
    ["layers", arch === null ? null : `${archWords(arch.value)}: ${arch.source}`],
    ["tokenizer", tokenizerBytes === null ? null : `${formatBytes(tokenizerBytes.value)}: ${tokenizerBytes.source}`],
    ...card.files.map(({ engine, dtype, bytes, sha256, source }): [string, string] => [
      dtype,
      `${formatBytes(bytes)} ${engine}: ${source}${sha256 === null ? "" : `, sha256 ${sha256}`}`,
    ]),
    ["note", card.note],
  ];
  const shown = lines.flatMap(([name, text]) => (text === null ? [] : [`  ${name.padEnd(11)} ${text}`]));
  return [card.id, ...shown].join("\n");
}

function archWords(arch: Arch): string {
  return Object.entries(arch)
    .map(([name, value]) => (value === true ? name : `${name} ${value}`))
    .join(", ");
}
