import { expect, it } from "vitest";
import { probeFor, wordsFor } from "../../src/measure-model/prompts.ts";

/** Tokens of a prompt of so many words, as some tokenizers count; null: too long. */
const tokenizers: Record<string, (words: number) => number | null> = {
  "a token for each word": (words) => 3 + words,
  "1.3 tokens for each word": (words) => 3 + Math.round(words * 1.3),
  "a token for each character": (words) => 8 + 5 * words,
  "a template of 30 tokens": (words) => 30 + words,
  "a context of 200 tokens": (words) => (3 + 4 * words > 200 ? null : 3 + 4 * words),
};

it.for(Object.entries(tokenizers).flatMap(([name, count]) => [40, 128, 160].map((asked) => ({ name, asked, count }))))(
  "finds a prompt of $asked tokens: $name",
  async ({ asked, count }) => {
    const prompt = await wordsFor(asked, (words) => Promise.resolve(count(words)));
    expect(prompt.tokens).toBe(count(prompt.words));
    expect(Math.abs(prompt.tokens - asked)).toBeLessThanOrEqual(Math.max(3, asked * 0.02));
  },
);

it("takes the shortest there is when the template alone is longer", async () => {
  expect(await wordsFor(8, (words) => Promise.resolve(30 + words))).toEqual({ words: 0, tokens: 30 });
});

it("does not go on asking when the model cuts its prompts off", async () => {
  const asked: number[] = [];
  const prompt = await wordsFor(500, (words) => {
    asked.push(words);
    return Promise.resolve(Math.min(128, 3 + words));
  });
  expect(prompt.tokens).toBe(128);
  expect(asked.length).toBeLessThan(5);
});

it("puts the number first, so that no prompt begins as another one did", () => {
  expect(probeFor("embeddings", 3, 0).body).toEqual({ input: "{{n}} the story of" });
  expect(probeFor("chat", 1, 7).body).toMatchObject({
    stream: true,
    max_tokens: 7,
    messages: [{ role: "user", content: "{{n}} the" }],
  });
});
