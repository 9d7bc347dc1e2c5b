// create-edge-ai 0.1.0
import { randomUUID } from "node:crypto";

export interface Usage {
  promptTokens: number;
  /** Of those, what was still known from the caller's request before. */
  cachedTokens: number;
  completionTokens: number;
}

export type FinishReason = "stop" | "length";

/** A piece of an answer. Models that think aloud do that in `reasoning`. */
export type Piece = { content: string } | { reasoning: string };

/** The frames and the document that OpenAI's clients expect of one answer. */
export class Completion {
  readonly #id = `chatcmpl-${randomUUID()}`;
  readonly #created = Math.floor(Date.now() / 1000);
  readonly #model: string;

  constructor(model: string) {
    this.#model = model;
  }

  first(): string {
    return this.#chunk([{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }]);
  }

  piece(piece: Piece): string {
    return this.#chunk([{ index: 0, delta: deltaOf(piece), finish_reason: null }]);
  }

  last(reason: FinishReason): string {
    return this.#chunk([{ index: 0, delta: {}, finish_reason: reason }]);
  }

  usage(usage: Usage): string {
    return this.#chunk([], { usage: usageOf(usage) });
  }

  /** The whole answer, for those who did not ask for a stream. */
  document(pieces: readonly Piece[], reason: FinishReason, usage: Usage): object {
    const content = pieces.map((piece) => ("content" in piece ? piece.content : "")).join("");
    const reasoning = pieces.map((piece) => ("reasoning" in piece ? piece.reasoning : "")).join("");
    const message = { role: "assistant", content, ...(reasoning && { reasoning_content: reasoning }), refusal: null };
    return {
      ...this.#head("chat.completion"),
      choices: [{ index: 0, message, logprobs: null, finish_reason: reason }],
      usage: usageOf(usage),
    };
  }

  #chunk(choices: object[], rest: object = {}): string {
    return event({ ...this.#head("chat.completion.chunk"), choices, ...rest });
  }

  #head(object: string): object {
    return { id: this.#id, object, created: this.#created, model: this.#model };
  }
}

/** A server-sent event. */
export function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

/** What says that nothing is missing. */
export const DONE = "data: [DONE]\n\n";

function deltaOf(piece: Piece): object {
  return "content" in piece ? { content: piece.content } : { reasoning_content: piece.reasoning };
}

function usageOf({ promptTokens, cachedTokens, completionTokens }: Usage): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}
