import type { Probe } from "../config/schema.ts";
import type { Subject } from "./subject.ts";

/** Common words, mostly one token each. */
const WORDS =
  "the story of a small town by the sea where people tell each other what they saw on their way home and why it made them think".split(
    " ",
  );
/** An engine may count a little differently for each number in the prompt. */
const CLOSE = 0.02;
const MOST_TRIES = 8;

/**
 * The request of a task with a text of so many words after its number, which is first: what an engine remembers of an
 * earlier prompt ends there.
 */
export function probeFor(task: Subject["task"], words: number, tokensOut: number): Probe {
  const text = ["{{n}}", ...Array.from({ length: words }, (_, at) => WORDS[at % WORDS.length])].join(" ");
  const common = { name: task, path: `/api/${task}`, method: "POST", headers: {}, slo: {}, weight: 1 } as const;
  if (task !== "chat")
    return { ...common, body: { input: text }, expect: { status: 200, contentType: "application/json" } };
  return {
    ...common,
    body: {
      stream: true,
      // How many tokens an answer has is counted, and not guessed from its pieces.
      stream_options: { include_usage: true },
      max_tokens: tokensOut,
      messages: [{ role: "user", content: text }],
    },
    expect: { status: 200, contentType: "text/event-stream" },
  };
}

export interface Prompt {
  words: number;
  tokens: number;
}

/**
 * How many words make a prompt of so many tokens. Tokenizers differ, and only the function knows its own: it is asked.
 * @param tokensOf tokens of a prompt of so many words; null when that is more than the function takes
 * @returns the nearest it found, which is exact where one word more is one token more
 */
export async function wordsFor(tokensIn: number, tokensOf: (words: number) => Promise<number | null>): Promise<Prompt> {
  const tried = new Map<number, number | null>();
  const ask = async (words: number): Promise<number | null> => {
    const tokens = tried.get(words) ?? (await tokensOf(words));
    tried.set(words, tokens);
    return tokens;
  };
  const base = (await ask(0)) ?? 0;
  let best: Prompt = { words: 0, tokens: base };
  let guess = tokensIn - base;
  while (guess > 0 && !tried.has(guess) && tried.size < MOST_TRIES) {
    const tokens = await ask(guess);
    if (tokens === null) {
      guess = Math.floor(guess / 4);
      continue;
    }
    if (Math.abs(tokens - tokensIn) < Math.abs(best.tokens - tokensIn)) best = { words: guess, tokens };
    if (Math.abs(tokens - tokensIn) <= CLOSE * tokensIn) break;
    // As many tokens as a shorter prompt: the rest was cut off, and more words would be cut off too.
    if ([...tried].some(([words, count]) => words < guess && count !== null && count >= tokens)) break;
    guess = Math.max(1, Math.round(((tokensIn - base) * guess) / (tokens - base)));
  }
  return best;
}
