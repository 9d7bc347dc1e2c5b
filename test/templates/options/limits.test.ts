import { expect, it } from "vitest";
import { load, pass, refusal } from "./calls.ts";

const message = (content: unknown) => ({ role: "user", content });
const text = (characters: number) => "x".repeat(characters);
const nested = (depth: number) =>
  JSON.parse(`{"input":${"[".repeat(depth)}${"]".repeat(depth)}}`) as Record<string, unknown>;

it.each<[string, Record<string, unknown>, number, string]>([
  ["a large body", { other: text(1_000_000) }, 413, "body_too_large"],
  ["bytes, not characters", { other: "€".repeat(340_000) }, 413, "body_too_large"],
  ["many messages", { messages: Array.from({ length: 101 }, () => message("hi")) }, 400, "too_many_messages"],
  ["a long message", { messages: [message(text(32_769))] }, 400, "text_too_long"],
  [
    "a message with long parts",
    {
      messages: [
        message([
          { type: "text", text: text(20_000) },
          { type: "text", text: text(20_000) },
        ]),
      ],
    },
    400,
    "text_too_long",
  ],
  ["many inputs", { input: Array.from({ length: 257 }, () => "a") }, 400, "too_many_inputs"],
  ["a long input", { input: ["a", text(32_769)] }, 400, "text_too_long"],
  ["one long input", { input: text(32_769) }, 400, "text_too_long"],
  ["many tokens as one input", { input: Array.from({ length: 8_193 }, () => 1) }, 400, "text_too_long"],
  ["a long prompt", { prompt: text(32_769) }, 400, "text_too_long"],
  ["long answers", { messages: [], max_tokens: 4_097 }, 400, "max_tokens_too_large"],
  [
    "long answers by the other name",
    { messages: [], max_completion_tokens: 4_097 },
    400,
    "max_completion_tokens_too_large",
  ],
  ["many answers", { messages: [], n: 5 }, 400, "n_too_large"],
  ["a text for a number", { messages: [], max_tokens: "9" }, 400, "invalid_max_tokens"],
  ["half an answer", { messages: [], n: 0.5 }, 400, "invalid_n"],
  ["no answer", { messages: [], n: 0 }, 400, "invalid_n"],
  ["deep nesting", nested(100_000), 400, "invalid_body"],
])("refuses %s", async (_, body, status, code) => {
  const instance = await load();
  const limits = await instance.option("limits");
  const call = instance.callOf(body);
  expect(await refusal(pass(call, [limits], async () => Response.json({})))).toMatchObject({ status, code });
});

it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
  ["a chat without a limit gets one", { messages: [message("hi")] }, { max_tokens: 4_096 }],
  ["null is no limit", { messages: [message("hi")], max_tokens: null }, { max_tokens: 4_096 }],
  ["a limit of one's own stays", { messages: [message("hi")], max_tokens: 9 }, { max_tokens: 9 }],
  ["so does one by the other name", { messages: [], max_completion_tokens: 9 }, { max_completion_tokens: 9 }],
  ["embeddings need none", { input: text(32_768) }, {}],
  ["token ids are not texts", { input: [1, 2, 3] }, {}],
  ["strange shapes are the route's matter", { messages: "no", input: { a: 1 } }, { max_tokens: 4_096 }],
])("%s", async (_, body, added) => {
  const instance = await load();
  const limits = await instance.option("limits");
  const call = instance.callOf(structuredClone(body));
  await pass(call, [limits], async () => Response.json({}));
  expect(call.body).toEqual({ ...body, ...added });
});
