import type { Arch, Pipeline } from "../data/models-schema.ts";
import { families, likeLlama, type DecoderFamily, type EncoderFamily } from "./families.ts";
import { archOfDecoder, countDecoder, countEncoder, type DecoderShape, type Parameters } from "./parameters.ts";

/** What a model's config.json says. */
export interface ModelConfig {
  pipeline: Pipeline | null;
  arch: Arch;
  /** Longest text in tokens. */
  context: number | null;
  /** Counted from the layer sizes; null without a formula for this kind of model. */
  params: Parameters | null;
  /** Weights are packed (GPTQ, AWQ, …): their elements are not parameters. */
  quantised: boolean;
  warnings: string[];
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a config.json of the Hugging Face layout. Never throws: what is not understood is null, with a warning.
 * @param value the parsed file
 */
export function readModelConfig(value: unknown): ModelConfig {
  const whole = fieldsOf(value);
  const inner = fieldsOf(whole["text_config"]);
  const isWrapped = Object.keys(inner).length > 0;
  const fields = isWrapped ? inner : whole;
  const type = textOf(fields, "model_type") ?? textOf(whole, "model_type") ?? "unknown";
  const pipeline = pipelineOf(whole, families[type]?.kind);
  const counted = count(fields, type, pipeline);
  const packed = fieldsOf(whole["quantization_config"]);
  return {
    ...counted,
    pipeline,
    context: number(fields, "max_position_embeddings", "n_positions") ?? null,
    quantised: Object.keys(packed).length > 0,
    warnings: isWrapped
      ? [...counted.warnings, "only the language part of config.json is counted, not the part for images or sound"]
      : counted.warnings,
  };
}

type Counted = Pick<ModelConfig, "arch" | "params" | "warnings">;

function count(fields: Fields, type: string, pipeline: Pipeline | null): Counted {
  const family = families[type];
  if (family?.kind === "encoder") return countAsEncoder(fields, family, pipeline) ?? uncounted(type);
  if (family !== undefined) return countAsDecoder(fields, family) ?? uncounted(type);
  const guessed = pipeline === "text-generation" ? countAsDecoder(fields, likeLlama) : null;
  if (guessed === null) return uncounted(type);
  return { ...guessed, warnings: [`the family ${JSON.stringify(type)} is not known here: counted like Llama`] };
}

function uncounted(type: string): Counted {
  return { arch: {}, params: null, warnings: [`there is no formula here for a model of type ${JSON.stringify(type)}`] };
}

function countAsDecoder(fields: Fields, family: DecoderFamily): Counted | null {
  const shape = decoderShape(fields, family);
  return shape === null ? null : { arch: archOfDecoder(shape), params: countDecoder(shape), warnings: [] };
}

function decoderShape(fields: Fields, family: DecoderFamily): DecoderShape | null {
  const hidden = number(fields, "hidden_size", "n_embd", "d_model");
  const layers = number(fields, "num_hidden_layers", "n_layer");
  const heads = number(fields, "num_attention_heads", "n_head");
  const vocab = number(fields, "vocab_size");
  if (hidden === undefined || layers === undefined || heads === undefined || vocab === undefined) return null;
  return {
    layers,
    hidden,
    heads,
    vocab,
    ffn: number(fields, "intermediate_size", "n_inner") ?? 4 * hidden,
    kvHeads: number(fields, "num_key_value_heads") ?? heads,
    headDim: number(fields, "head_dim") ?? hidden / heads,
    norms: family.norms,
    gated: family.gated,
    tied: flag(fields, "tie_word_embeddings") ?? family.tied,
    qkNorm: family.qkNorm,
    qkvBias: flag(fields, "attention_bias") ?? family.qkvBias,
    biased: family.biased,
    positions: family.biased ? (number(fields, "n_positions", "max_position_embeddings") ?? 0) : 0,
    experts: expertsOf(fields),
  };
}

/** Mixtral, Qwen and DeepSeek have different words for the same. */
function expertsOf(fields: Fields): DecoderShape["experts"] {
  const experts = number(fields, "num_experts", "num_local_experts", "n_routed_experts");
  const topK = number(fields, "num_experts_per_tok");
  const ffn = number(fields, "moe_intermediate_size", "intermediate_size");
  if (experts === undefined || topK === undefined || ffn === undefined) return null;
  const shared = (number(fields, "n_shared_experts") ?? 0) * ffn;
  return { count: experts, topK, ffn, sharedFfn: number(fields, "shared_expert_intermediate_size") ?? shared };
}

function countAsEncoder(fields: Fields, family: EncoderFamily, pipeline: Pipeline | null): Counted | null {
  const hidden = number(fields, "hidden_size", "dim");
  const layers = number(fields, "num_hidden_layers", "n_layers");
  const heads = number(fields, "num_attention_heads", "n_heads");
  const ffn = number(fields, "intermediate_size", "hidden_dim");
  const vocab = number(fields, "vocab_size");
  const positions = number(fields, "max_position_embeddings");
  if (hidden === undefined || layers === undefined || heads === undefined) return null;
  if (ffn === undefined || vocab === undefined || positions === undefined) return null;
  // RoBERTa's and DistilBERT's heads have a dense layer where BERT's use the pooler: as large, so that the sum is the same.
  const head = pipeline === "text-classification" ? { labels: labelsOf(fields), dense: !family.pooler } : null;
  const params = countEncoder({
    layers,
    hidden,
    ffn,
    vocab,
    positions,
    tokenTypes: family.tokenTypes === 0 ? 0 : (number(fields, "type_vocab_size") ?? family.tokenTypes),
    pooler: family.pooler,
    head,
  });
  return { arch: { layers, hidden, ffn, vocab, heads }, params, warnings: [] };
}

function labelsOf(fields: Fields): number {
  return number(fields, "num_labels") ?? (Object.keys(fieldsOf(fields["id2label"])).length || 2);
}

/** The end of an architecture's name says what its head does. */
const HEADS: readonly (readonly [RegExp, Pipeline])[] = [
  [/For(?:CausalLM|ConditionalGeneration)$|LMHeadModel$/, "text-generation"],
  [/ForSequenceClassification$/, "text-classification"],
  [/ForMaskedLM$/, "fill-mask"],
];

function pipelineOf(fields: Fields, kind: "encoder" | "decoder" | undefined): Pipeline | null {
  const architectures = fields["architectures"];
  const name = Array.isArray(architectures) ? String(architectures[0]) : "";
  const head = HEADS.find(([pattern]) => pattern.test(name))?.[1];
  if (head !== undefined) return head;
  if (kind === "encoder") return "feature-extraction";
  return kind === "decoder" ? "text-generation" : null;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}

/** The first of the names that has a whole number above 0. */
function number(fields: Fields, ...names: readonly string[]): number | undefined {
  const values = names.map((name) => fields[name]);
  return values.find((value): value is number => typeof value === "number" && Number.isSafeInteger(value) && value > 0);
}

function flag(fields: Fields, name: string): boolean | undefined {
  const value = fields[name];
  return typeof value === "boolean" ? value : undefined;
}

function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === "string" ? value : undefined;
}
