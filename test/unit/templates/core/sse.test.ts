import { describe, expect, it } from "vitest";
import { SseSplitter } from "../../../../templates/app/lib/sse.ts";

const encoder = new TextEncoder();
const STREAM =
  'data: {"a":"é"}\n\n: comment\n\ndata: one\r\ndata:two\r\n\r\nevent: error\ndata: bad\n\ndata: [DONE]\n\n';
const DATA = ['{"a":"é"}', null, "one\ntwo", "bad", "[DONE]"];

/** All events of a stream that comes in pieces of `size` bytes, and their bytes put together again. */
function split(text: string, size: number): { data: (string | null)[]; errors: boolean[]; bytes: string } {
  const splitter = new SseSplitter();
  const all = encoder.encode(text);
  const data: (string | null)[] = [];
  const errors: boolean[] = [];
  const pieces: Buffer[] = [];
  for (let at = 0; at < all.length; at += size) {
    const { bytes, events } = splitter.push(all.subarray(at, at + size));
    for (const event of events) {
      data.push(event.data);
      errors.push(event.isError);
      pieces.push(Buffer.from(bytes.subarray(event.start, event.end)));
    }
  }
  return { data, errors, bytes: Buffer.concat(pieces).toString() };
}

describe("events", () => {
  it.each([1, 2, 3, 5, 7, 16, 1_000])("come out whole when the network brings %s bytes at a time", (size) => {
    expect(split(STREAM, size)).toEqual({ data: DATA, errors: [false, false, false, true, false], bytes: STREAM });
  });
});

it("keeps what is not whole", () => {
  expect(split("data: one\n\ndata: tw", 4).data).toEqual(["one"]);
});

it("does not care for a byte order mark", () => {
  expect(split("\uFEFFdata: one\n\n", 100).data).toEqual(["one"]);
});

it("refuses an event of more than 1 MiB, however it comes", () => {
  const splitter = new SseSplitter();
  const push = (): void => {
    for (let pushed = 0; pushed < 20; pushed++) splitter.push(encoder.encode("x".repeat(65_536)));
  };
  expect(push).toThrow(expect.objectContaining({ code: "upstream_bad_answer" }));
});
