import { createHash } from "node:crypto";

/** Plain words: an answer should be seen at once to be made up. */
const WORDS =
  "amber basin cedar delta ember fern grove harbor island juniper kelp lagoon meadow nectar orchard pebble quartz river sand timber umber valley willow yarrow".split(
    " ",
  );

/** `count` tokens that depend on the text alone, as a model would send them: each but the first begins with a space. */
export function tokensFor(text: string, count: number): string[] {
  const seed = createHash("sha256").update(text).digest();
  return Array.from({ length: count }, (_, index) => {
    const at = (seed[index % seed.length] ?? 0) + Math.floor(index / seed.length);
    return `${index === 0 ? "" : " "}${WORDS[at % WORDS.length]}`;
  });
}

/** About as many tokens as a text has: its words and signs. */
export function countTokens(text: string): number {
  return text.match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu)?.length ?? 0;
}
