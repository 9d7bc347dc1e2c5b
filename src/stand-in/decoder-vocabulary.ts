import type { Metadata } from "./gguf.ts";
import { madeUpWords } from "./words.ts";

/** llama.cpp's kinds of tokens: enum llama_token_type. */
export const KIND = { normal: 1, unknown: 2, control: 3, byte: 6 } as const;

export interface Token {
  text: string;
  kind: number;
}

const SPECIAL: readonly Token[] = [
  { text: "<unk>", kind: KIND.unknown },
  { text: "<s>", kind: KIND.control },
  { text: "</s>", kind: KIND.control },
  ...["system", "user", "assistant"].map((role) => ({ text: `<|${role}|>`, kind: KIND.control })),
];

/** Tokens that no answer should hold: an early end would make measuring a game of chance. */
export const SPECIAL_TOKENS = SPECIAL.length;

/**
 * In Jinja, as models carry it. Every ASCII character of a text is one token, and every <|role|> and </s> is one. Like the
 * templates of many models it refuses some conversations: here, those of more than 20 messages.
 */
const CHAT_TEMPLATE =
  "{{ bos_token }}{% if messages|length > 20 %}{{ raise_exception('too many messages') }}{% endif %}{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}</s>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}";

/**
 * Special tokens, all bytes, then the words with SentencePiece's mark for a space before each. Words are written and never read:
 * no shorter tokens lead to them, so that an ASCII text has as many tokens as characters.
 */
export function tokensWith(words: readonly string[]): Token[] {
  return [
    ...SPECIAL,
    ...Array.from({ length: 256 }, (_, byte) => ({
      text: `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
      kind: KIND.byte,
    })),
    { text: "▁", kind: KIND.normal },
    ...words.map((word) => ({ text: `▁${word}`, kind: KIND.normal })),
  ];
}

/** As many tokens as a model has. Fewer than the bytes need is more than was asked. */
export function tokensOfCount(count: number): Token[] {
  return tokensWith(madeUpWords(Math.max(0, count - tokensWith([]).length)));
}

/** What a GGUF file says of its tokenizer. */
export function tokenizerMetadata(tokens: readonly Token[]): Metadata {
  return {
    "tokenizer.ggml.model": { string: "llama" },
    "tokenizer.ggml.tokens": { strings: tokens.map(({ text }) => text) },
    "tokenizer.ggml.scores": { f32s: tokens.map(() => 0) },
    "tokenizer.ggml.token_type": { i32s: tokens.map(({ kind }) => kind) },
    "tokenizer.ggml.unknown_token_id": { u32: 0 },
    "tokenizer.ggml.bos_token_id": { u32: 1 },
    "tokenizer.ggml.eos_token_id": { u32: 2 },
    "tokenizer.ggml.add_bos_token": { bool: true },
    "tokenizer.ggml.add_space_prefix": { bool: false },
    "tokenizer.chat_template": { string: CHAT_TEMPLATE },
  };
}

/**
 * Tokens that a conversation of ASCII texts has under the chat template: `<s>`, two around each text, and the one that asks for
 * the answer.
 */
export function promptTokensOf(texts: readonly string[]): number {
  const beginning = 1;
  const assistant = 1;
  return beginning + texts.reduce((sum, text) => sum + text.length + 2, 0) + assistant;
}
