import { expect, test } from "vitest";
import { modelOf, usageOf } from "../../../src/health/requests/usage.ts";

const usage = (model: string | null, inputTokens: number, cachedInputTokens: number, outputTokens: number) => ({
  model,
  inputTokens,
  cachedInputTokens,
  outputTokens,
});

test.each<[string, unknown, ReturnType<typeof usage> | null]>([
  [
    "OpenAI's chat",
    { model: "m", usage: { prompt_tokens: 10, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 4 } } },
    usage("m", 10, 4, 3),
  ],
  ["embeddings", { model: "use-lite", usage: { prompt_tokens: 5, total_tokens: 5 } }, usage("use-lite", 5, 0, 0)],
  [
    "OpenAI's Responses, in its last event",
    { type: "response.completed", response: { model: "m", usage: { input_tokens: 8, output_tokens: 2 } } },
    usage("m", 8, 0, 2),
  ],
  [
    "Anthropic: what its cache gave is not in input_tokens",
    { model: "claude", usage: { input_tokens: 10, cache_read_input_tokens: 90, output_tokens: 5 } },
    usage("claude", 100, 90, 5),
  ],
  ["no model", { usage: { prompt_tokens: 1 } }, usage(null, 1, 0, 0)],
  [
    "more cached than sent",
    { usage: { prompt_tokens: 1, prompt_tokens_details: { cached_tokens: 9 } } },
    usage(null, 1, 1, 0),
  ],
  ["null", { model: "m", usage: null }, null],
  ["no number", { usage: { prompt_tokens: "10", completion_tokens: -1 } }, null],
  ["no object", [1], null],
  ["nothing", undefined, null],
])("%s", (_, value, expected) => {
  expect(usageOf(value)).toEqual(expected);
});

test("Anthropic's stream says the input first and the output last", () => {
  const start = usageOf({
    type: "message_start",
    message: { model: "claude", usage: { input_tokens: 25, output_tokens: 1 } },
  });
  expect(usageOf({ type: "message_delta", usage: { output_tokens: 15 } }, start)).toEqual(usage("claude", 25, 0, 15));
  expect(usageOf({ type: "message_stop" }, start)).toBe(start);
});

test("modelOf", () => {
  expect(modelOf({ model: "m" })).toBe("m");
  expect(modelOf({ response: { model: "m" } })).toBe("m");
  expect(modelOf({ model: "" })).toBeNull();
  expect(modelOf("m")).toBeNull();
});
