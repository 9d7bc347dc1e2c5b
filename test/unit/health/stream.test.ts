import { describe, expect, test } from "vitest";
import type { StreamTimes } from "../../../src/health/samples.ts";
import { isFaked, streamFigures, StreamReader } from "../../../src/health/requests/stream.ts";
import { openPool } from "../../../src/health/requests/exchange.ts";
import { requestMaker, routeProbe } from "../../../src/health/requests/probes.ts";
import { compileExpect, send } from "../../../src/health/requests/send.ts";
import { app, chunk, DONE } from "./faulty-servers.ts";

const events = { "content-type": "text/event-stream; charset=utf-8" };

/** Reads pieces of a body, each 10 ms after the one before, from 10. */
function read(
  pieces: readonly (string | Buffer)[],
  headers: Record<string, string> = events,
  asked = false,
): StreamReader {
  const reader = new StreamReader(asked);
  for (const [i, piece] of pieces.entries()) reader.onData(Buffer.from(piece), headers, (i + 1) * 10);
  reader.end();
  return reader;
}

const event = (data: string): string => `data: ${data}\n\n`;

describe("events, however the network cuts them", () => {
  const text = `: ping\n\n${event(chunk("Grüße, 🌍"))}${event(chunk("!"))}${event(DONE)}`;
  const bytes = Buffer.from(text);

  test.each<[string, (string | Buffer)[]]>([
    ["one piece", [text]],
    ["every byte alone", [...bytes].map((byte) => Buffer.of(byte))],
    ["within a character", [bytes.subarray(0, bytes.indexOf("ü") + 1), bytes.subarray(bytes.indexOf("ü") + 1)]],
    ["CRLF", [text.replaceAll("\n", "\r\n")]],
    ["between CR and LF", text.replaceAll("\n", "\r\n").split(/(?<=\r)/)],
    ["without the space after data:", [text.replaceAll("data: ", "data:")]],
    ["without the last blank line", [text.trimEnd()]],
  ])("%s", (_, pieces) => {
    const { content, isComplete, isKnown, contentAt } = read(pieces);
    expect({ content, isComplete, isKnown }).toEqual({ content: "Grüße, 🌍!", isComplete: true, isKnown: true });
    expect(contentAt).toHaveLength(2);
  });

  test("data of several lines is one event", () => {
    const { content } = read([`data: {"choices":[{"delta":\ndata: {"content":"x"}}]}\n\n`]);
    expect(content).toBe("x");
  });
});

describe("what is content", () => {
  test.each<[string, string, string]>([
    ["a role", '{"choices":[{"delta":{"role":"assistant","content":""}}]}', ""],
    ["a piece", chunk("Hi"), "Hi"],
    ["reasoning", '{"choices":[{"delta":{"reasoning_content":"hm","content":null}}]}', ""],
    ["a refusal", '{"choices":[{"delta":{"refusal":"no"}}]}', "no"],
    ["a call of a tool", '{"choices":[{"delta":{"tool_calls":[1]}}]}', "[1]"],
    ["a completion", '{"choices":[{"text":"Hi"}]}', "Hi"],
    ["a UI message", '{"type":"text-delta","id":"0","delta":"Hi"}', "Hi"],
    ["reasoning of a UI message", '{"type":"reasoning-delta","id":"0","delta":"hm"}', ""],
    ["OpenAI's Responses", '{"type":"response.output_text.delta","delta":"Hi"}', "Hi"],
    ["Anthropic", '{"type":"content_block_delta","delta":{"type":"text_delta","text":"Hi"}}', "Hi"],
    ["Anthropic's thinking", '{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"hm"}}', ""],
    ["usage alone", '{"choices":[],"usage":{"prompt_tokens":1}}', ""],
  ])("%s", (_, data, content) => {
    const reader = read([event(data)]);
    expect(reader).toMatchObject({ content, isKnown: true, isComplete: false, failure: null });
    expect(reader.contentAt).toEqual(content === "" ? [] : [10]);
  });

  test.each([
    '{"choices":[{"delta":{},"finish_reason":"stop"}]}',
    '{"type":"finish"}',
    '{"type":"message_stop"}',
    DONE,
  ])("the end: %s", (data) => {
    expect(read([event(data)]).isComplete).toBe(true);
  });

  test("plain text is a stream where one was asked for", () => {
    const plain = { "content-type": "text/plain; charset=utf-8" };
    const asked = read(["a", " ", Buffer.of(0xc3), Buffer.of(0xbc)], plain, true);
    expect([asked.isStream, asked.isEventStream]).toEqual([true, false]);
    expect(asked).toMatchObject({ content: "aü", contentAt: [10, 40] });
    const unasked = read(["a"], plain, false);
    expect(unasked.isStream).toBe(false);
    expect(unasked.contentAt).toEqual([]);
    expect(read(["{}"], { "content-type": "application/json" }, true).isStream).toBe(false);
  });

  test("usage and model; reasoning is not among the tokens that are written", () => {
    const usage =
      '{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":7,"completion_tokens_details":{"reasoning_tokens":5}}}';
    const reader = read([event('{"model":"m-1","choices":[],"usage":null}'), event(usage), event(DONE)]);
    expect(reader.outputTokens).toBe(2);
    expect(reader).toMatchObject({ model: "m-1", usage: { inputTokens: 9, outputTokens: 7 } });
  });
});

const times = (contentMs: number[], outputTokens: number | null = null): StreamTimes => ({
  headersMs: 1,
  firstByteMs: 2,
  contentMs,
  outputTokens,
});

test.each<[string, number[], boolean]>([
  ["all in one chunk", [500, 500, 500, 500, 500], true],
  ["written in a loop at the end", [500, 500.1, 500.3, 500.3, 500.9], true],
  ["a slow start, then a model's pace", [2_000, 2_010, 2_020, 2_030, 2_040], false],
  ["a fast answer from the start", [1, 1.2, 1.4, 1.6, 1.9], false],
  ["steady", [100, 200, 300, 400, 500], false],
  ["too few pieces", [500, 500, 500, 500], false],
  ["nothing", [], false],
])("faked streaming: %s", (_, contentMs, faked) => {
  expect(isFaked(times(contentMs))).toBe(faked);
});

describe("streamFigures", () => {
  test("no stream, no figures; a stream without content has only its head", () => {
    expect(streamFigures([])).toBeNull();
    expect(streamFigures([times([])])).toEqual({
      answers: 1,
      headersMs: { p50: 1, p95: 1 },
      firstByteMs: { p50: 2, p95: 2 },
      firstTokenMs: { p50: null, p95: null },
      interTokenMs: { p50: null, p95: null },
      longestStallMs: null,
      tokensPerSecond: { p50: null, p95: null },
      faked: 0,
    });
  });

  test("gaps, stall and pace", () => {
    const figures = streamFigures([times([100, 110, 120, 420]), times([200, 300], 11), times([50])]);
    expect(figures).toMatchObject({
      answers: 3,
      firstTokenMs: { p50: 100, p95: 200 },
      interTokenMs: { p50: 10, p95: 300 },
      longestStallMs: 300,
      // 3 pieces after the first in 320 ms; 10 tokens after the first in 100 ms.
      tokensPerSecond: { p50: 9.375, p95: 100 },
    });
  });
});

test("a real server: a role frame and a comment are not the first token", async () => {
  const url = await app((_, response) => {
    response.setHeader("content-type", "text/event-stream").write(": ping\n\n");
    const role = '{"choices":[{"delta":{"role":"assistant"}}]}';
    const pieces = [role, chunk("a"), chunk("b"), chunk("c"), DONE];
    for (const [i, piece] of pieces.entries()) setTimeout(() => response.write(event(piece)), 40 * (i + 1));
    setTimeout(() => response.end(), 40 * (pieces.length + 1));
  });
  const pool = openPool(url, 1);
  const probe = routeProbe("/x");
  const answer = await send(
    { pool, traffic: { bytes: 0 } },
    requestMaker(probe, {})(1),
    await compileExpect(probe),
    performance.now(),
    5_000,
  );
  await pool.destroy();
  expect(answer).toMatchObject({ cause: null });
  expect(answer.stream?.contentMs).toHaveLength(3);
  // The comment leaves at once, the role after 40 ms, content after 80.
  expect(answer.firstTokenMs - (answer.stream?.firstByteMs ?? Infinity)).toBeGreaterThan(60);
  expect(answer.firstTokenMs).toBe(answer.stream?.contentMs[0]);
  expect(answer.latencyMs).toBeGreaterThan(answer.firstTokenMs + 60);
});
