import { madeUpWords } from "./words.ts";

/** In order of their ids. */
const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] as const;
const [PAD, UNKNOWN, FIRST, LAST] = SPECIAL;

/**
 * What tokenizer.json and tokenizer_config.json hold: BERT's way with made-up words. Each word and each punctuation mark of any text is
 * one token, mostly the unknown one, and [CLS] and [SEP] come on top.
 * @param maxTokens what longer texts are cut to
 */
export function encoderTokenizer(vocab: number, maxTokens: number): { tokenizer: object; config: object } {
  const words = [...SPECIAL, ...madeUpWords(Math.max(0, vocab - SPECIAL.length))].slice(0, vocab);
  const tokenizer = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map(special),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [inTemplate(FIRST), { Sequence: { id: "A", type_id: 0 } }, inTemplate(LAST)],
      pair: [],
      special_tokens: Object.fromEntries(
        [FIRST, LAST].map((token) => [token, { id: token, ids: [SPECIAL.indexOf(token)], tokens: [token] }]),
      ),
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: UNKNOWN,
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
    },
  };
  const config = {
    tokenizer_class: "BertTokenizer",
    model_max_length: maxTokens,
    unk_token: UNKNOWN,
    pad_token: PAD,
    cls_token: FIRST,
    sep_token: LAST,
  };
  return { tokenizer, config };
}

function special(content: string, id: number): object {
  return { id, content, special: true, single_word: false, lstrip: false, rstrip: false, normalized: false };
}

function inTemplate(id: string): object {
  return { SpecialToken: { id, type_id: 0 } };
}
