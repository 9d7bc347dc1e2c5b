import { bits } from "./random.ts";

const CONSONANTS = "bcdfghjklmnprstvwz";
const VOWELS = "aeiou";

/**
 * Made-up words of one to four syllables, each once, always the same ones. About as long as the words of real vocabularies, so that
 * tokenizer files are about as large: 30,522 entries make 0.6 MB (BERT's file has 0.7).
 */
export function madeUpWords(count: number): string[] {
  const next = bits(7);
  const pick = (letters: string): string => letters[(next() >>> 0) % letters.length] ?? "a";
  const words = new Set<string>();
  while (words.size < count) {
    const syllables = 1 + ((next() >>> 0) % 4);
    words.add(Array.from({ length: syllables }, () => pick(CONSONANTS) + pick(VOWELS)).join(""));
  }
  return [...words];
}
