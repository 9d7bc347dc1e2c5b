/**
 * What a config.json does not say because every model of its family has it: the defaults of Hugging Face transformers, by
 * `model_type`. From the library's configuration classes, from memory, 2026-11-23; checked where a published count is known.
 */
export interface DecoderFamily {
  kind: "decoder";
  /** The head shares its table with the tokens, when config.json does not say. */
  tied: boolean;
  /** Norms of a layer. */
  norms: number;
  /** Three matrices in the feed-forward part (gate, up, down) instead of two. */
  gated: boolean;
  qkvBias: boolean;
  qkNorm: boolean;
  /** GPT-2: every matrix and every norm has a bias, and positions have a table. */
  biased: boolean;
}

export interface EncoderFamily {
  kind: "encoder";
  /** Rows of the table of token types, when config.json does not say. */
  tokenTypes: number;
  /** A dense layer over the first token, which models without a head carry. */
  pooler: boolean;
}

const llama = {
  kind: "decoder",
  tied: false,
  norms: 2,
  gated: true,
  qkvBias: false,
  qkNorm: false,
  biased: false,
} as const satisfies DecoderFamily;

const bert = { kind: "encoder", tokenTypes: 2, pooler: true } as const satisfies EncoderFamily;
const roberta = { ...bert, tokenTypes: 1 } as const satisfies EncoderFamily;

export const families: Readonly<Record<string, DecoderFamily | EncoderFamily>> = {
  llama,
  mistral: llama,
  mixtral: llama,
  granite: llama,
  phi3: llama,
  smollm3: { ...llama, tied: true },
  qwen2: { ...llama, qkvBias: true },
  qwen2_moe: { ...llama, qkvBias: true },
  qwen3: { ...llama, qkNorm: true },
  qwen3_moe: { ...llama, qkNorm: true },
  gemma: { ...llama, tied: true },
  gemma2: { ...llama, tied: true, norms: 4 },
  gemma3_text: { ...llama, tied: true, norms: 4, qkNorm: true },
  gpt2: { ...llama, tied: true, gated: false, biased: true },
  bert,
  roberta,
  "xlm-roberta": roberta,
  camembert: roberta,
  distilbert: { kind: "encoder", tokenTypes: 0, pooler: false },
};

/** What a decoder of a family that nobody here knows is counted like. */
export const likeLlama: DecoderFamily = llama;
