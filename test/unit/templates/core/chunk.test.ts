import { describe, expect, it } from "vitest";
import { readChunk } from "../../../../templates/app/lib/chunk.ts";

const delta = (said: object | null, finish: string | null = null): string =>
  JSON.stringify({ choices: [{ index: 0, delta: said, finish_reason: finish }] });

describe("content", () => {
  it.each([
    ["text", delta({ content: "a" }), true],
    ["a space", delta({ content: " " }), true],
    ["text in parts", delta({ content: [{ type: "text", text: "a" }] }), true],
    ["thoughts", delta({ reasoning_content: "hm" }), true],
    ["thoughts, by another name", delta({ reasoning: "hm" }), true],
    ["a refusal", delta({ refusal: "no" }), true],
    ["a tool call", delta({ tool_calls: [{ index: 0, id: "1", function: { name: "f", arguments: "" } }] }), true],
    ["an old function call", delta({ function_call: { name: "f" } }), true],
    ["a document", JSON.stringify({ choices: [{ message: { content: "a" }, finish_reason: "stop" }] }), true],
    ["nothing because of a filter", delta({}, "content_filter"), true],
    ["nothing because of the limit", delta({}, "length"), true],
    ["a role", delta({ role: "assistant", content: "" }), false],
    ["null", delta({ content: null }), false],
    ["no tool calls", delta({ content: "", tool_calls: [] }), false],
    ["no delta", delta(null), false],
    ["the end", delta({}, "stop"), false],
    ["no choices", '{"choices":[]}', false],
    ["something else", '{"object":"ping"}', false],
    ["an error that is none", '{"choices":[],"error":null}', false],
  ])("%s", (_, text, hasContent) => {
    expect(readChunk(text).hasContent).toBe(hasContent);
  });
});

it("knows the figures, and a chunk that has nothing else", () => {
  const usage = { prompt_tokens: 3, completion_tokens: 5 };
  expect(readChunk(JSON.stringify({ choices: [], usage }))).toMatchObject({
    isUsageOnly: true,
    usage: { promptTokens: 3, completionTokens: 5 },
  });
  expect(readChunk(JSON.stringify({ choices: [{ delta: {}, finish_reason: "stop" }], usage }))).toMatchObject({
    isUsageOnly: false,
    finished: 1,
  });
});

it.each(["", "{", "null", "[]", '"text"', '{"error":{"message":"no"}}', '{"error":"no"}'])("refuses %s", (text) => {
  expect(() => readChunk(text)).toThrow(expect.objectContaining({ code: "upstream_bad_answer" }));
});
