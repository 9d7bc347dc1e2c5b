import OpenAI from "openai";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { chat, loadRoute, see, type Loaded } from "./load-route.ts";
import { chunk, sendJson, startStream, startUpstream, whole, type Upstream } from "./upstream.ts";

const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const figures = { choices: [], usage };

async function start(
  answer: Parameters<typeof startUpstream>[0],
  env: Record<string, string> = {},
): Promise<{ route: Loaded; upstream: Upstream }> {
  const upstream = await startUpstream(answer);
  return {
    route: await loadRoute("chat", { AI_BASE_URL: `${upstream.baseUrl}/`, AI_API_KEY: "key", ...env }),
    upstream,
  };
}
const streams: Parameters<typeof startUpstream>[0] = (res, { body }) => {
  const wantsUsage = body.stream_options?.include_usage === true;
  startStream(res, ...whole.slice(0, -1), ...(wantsUsage ? [figures] : []), "[DONE]");
  res.end();
};

const warn = vi.spyOn(console, "warn").mockReturnValue();
beforeEach(() => {
  warn.mockClear();
});

describe("what is sent to a target", () => {
  it("is the caller's request, with the target's model and key, and nothing else of the caller's", async () => {
    const { route, upstream } = await start((res) => sendJson(res, 200, { choices: [{ message: { content: "a" } }] }), {
      AI_MODEL: "m",
    });
    const body = chat("hello", {
      temperature: 0.2,
      tools: [{ type: "function" }],
      response_format: { type: "json_object" },
      seed: 1,
    });
    await see(
      route.post(body, { headers: { authorization: "Bearer callers", cookie: "c=1", "x-forwarded-for": "1.2.3.4" } }),
    );
    const [asked] = upstream.asked;
    expect(asked?.path).toBe("/v1/chat/completions");
    expect(asked?.body).toEqual({ ...body, model: "m" });
    expect(asked?.headers.authorization).toBe("Bearer key");
    expect(asked?.headers.cookie ?? asked?.headers["x-forwarded-for"]).toBeUndefined();
  });

  it.each([true, false])(
    "has the target's name of the model, whatever the app calls it (stream: %s)",
    async (stream) => {
      const { route, upstream } = await start(streams, { AI_MODEL: "m" });
      await see(route.post(chat("hello", { model: "use-lite", stream })));
      expect(upstream.asked[0]?.body.model).toBe("m");
    },
  );
});

describe("what is refused", () => {
  it.each([
    [{}, "invalid_messages"],
    [{ messages: [] }, "invalid_messages"],
    [{ messages: ["hello"] }, "invalid_messages"],
    [{ messages: [{ content: "hello" }] }, "invalid_messages"],
    [chat("a", { stream: "yes" }), "invalid_stream"],
    [chat("a", { stream: true, stream_options: true }), "invalid_stream_options"],
    [chat("a", { n: 0 }), "invalid_n"],
    [chat("a", { api_base: "http://evil.test" }), "unsupported_parameter"],
    [chat("a", { models: ["dearest"] }), "unsupported_parameter"],
    [[], "invalid_body"],
  ])("%j: %s", async (body, code) => {
    const { route, upstream } = await start(streams);
    expect(await see(route.post(body))).toMatchObject({ status: 400, code });
    expect(upstream.asked.length).toBe(0);
  });

  it("what a method other than POST asks for", async () => {
    const { route } = await start(streams);
    expect((await route.get("")).status).toBe(405);
  });
});

const usageFrames = (text: string): number => text.split("\n\n").filter((event) => event.includes('"usage":{')).length;

describe("the figures of a stream", () => {
  it("are asked for and kept to ourselves when the caller does not want them", async () => {
    const { route, upstream } = await start(streams);
    const seen = await see(route.post(chat("a", { stream: true })));
    expect(upstream.asked[0]?.body.stream_options).toEqual({ include_usage: true });
    expect([usageFrames(seen.text), seen.content, seen.end]).toEqual([0, "Hello", "done"]);
  });

  it("are handed on when the caller does", async () => {
    const { route } = await start(streams);
    const seen = await see(route.post(chat("a", { stream: true, stream_options: { include_usage: true } })));
    expect([usageFrames(seen.text), seen.end]).toEqual([1, "done"]);
  });

  it("are handed on within a chunk that has more to say", async () => {
    const { route } = await start((res) => {
      startStream(res, chunk({ content: "a" }), { ...chunk({}, "stop"), usage }, "[DONE]");
      res.end();
    });
    expect(usageFrames((await see(route.post(chat("a", { stream: true })))).text)).toBe(1);
  });
});

it("hands events on byte for byte, however the network cuts them", async () => {
  const text = whole
    .map((each) => `data: ${typeof each === "string" ? each : JSON.stringify(each)}\r\n\r\n`)
    .join("")
    .replace("Hel", "Hél…");
  const { route } = await start((res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    const bytes = Buffer.from(text);
    let at = 0;
    const timer = setInterval(() => {
      res.write(bytes.subarray(at, (at += 37)));
      if (at >= bytes.length) {
        clearInterval(timer);
        res.end();
      }
    }, 1);
  });
  expect(await (await route.post(chat("a", { stream: true }))).text()).toBe(text);
});

it("hands a document on as the target has sent it", async () => {
  const document = { id: "1", choices: [{ message: { content: "é" }, finish_reason: "stop" }], extra: 1, usage };
  const { route } = await start((res) => sendJson(res, 200, document));
  const response = await route.post(chat("a"));
  expect([response.headers.get("content-type"), await response.json()]).toEqual(["application/json", document]);
});

it("uses connections again, for streams as well", async () => {
  const { route, upstream } = await start(streams);
  for (let call = 0; call < 10; call++) await see(route.post(chat("a", { stream: true })));
  // A second one when a call comes in the moment before the first one is free again.
  expect(upstream.connections).toBeLessThan(4);
});

it("logs no text, no key and no address of what goes wrong", async () => {
  const { route } = await start((res) => sendJson(res, 500, { error: { message: "prompt was: secret prompt" } }));
  const seen = await see(route.post(chat("secret prompt")));
  const logged = JSON.stringify(warn.mock.calls);
  expect(logged).toContain("upstream_error");
  for (const secret of ["secret prompt", "127.0.0.1", '"key"']) expect(logged + seen.text).not.toContain(secret);
});

function clientOf(route: Loaded): OpenAI {
  const send = (url: string | URL | Request, init?: RequestInit): Promise<Response> =>
    route.fetch(new Request(url, init));
  return new OpenAI({ apiKey: "x", baseURL: "http://app.test/v1", maxRetries: 0, fetch: send });
}

describe("the openai client", () => {
  const messages = [{ role: "user" as const, content: "a" }];

  it("reads a stream", async () => {
    const { route } = await start(streams);
    const pieces = [];
    for await (const each of await clientOf(route).chat.completions.create({
      model: "use-lite",
      messages,
      stream: true,
    })) {
      pieces.push(each.choices[0]?.delta.content ?? "");
    }
    expect(pieces.join("")).toBe("Hello");
  });

  it("throws at a stream that was cut, after what came of it", async () => {
    const { route } = await start((res) => {
      startStream(res, chunk({ content: "Hel" }));
      res.end();
    });
    const pieces: string[] = [];
    const read = async (): Promise<void> => {
      for await (const each of await clientOf(route).chat.completions.create({
        model: "use-lite",
        messages,
        stream: true,
      })) {
        pieces.push(each.choices[0]?.delta.content ?? "");
      }
    };
    await expect(read()).rejects.toMatchObject({ code: "upstream_cut" });
    expect(pieces.join("")).toBe("Hel");
  });

  it("knows an error by its code", async () => {
    const { route } = await start((res) => sendJson(res, 401, {}));
    await expect(clientOf(route).chat.completions.create({ model: "use-lite", messages })).rejects.toMatchObject({
      status: 502,
      code: "upstream_auth",
    });
  });
});

/** `content` as deep as asked, in a message, in a list, in the body. */
const deep = (depth: number): RequestInit => ({
  method: "POST",
  body: `{"messages":[{"role":"user","content":${"[".repeat(depth - 3)}${"]".repeat(depth - 3)}}]}`,
});

describe("a body of lists within lists", () => {
  it.each([65, 5_000, 100_000, 2_000_000])("that is %i deep is refused", async (depth) => {
    const { route, upstream } = await start((res) => sendJson(res, 200, {}));
    const answer = await see(route.fetch(new Request("http://app.test/api/chat", deep(depth))));
    expect(answer).toMatchObject({ status: 400, code: "invalid_json" });
    expect(upstream.asked).toEqual([]);
  });

  it("is not what a text full of brackets, quotes and backslashes is", async () => {
    const { route } = await start((res) => sendJson(res, 200, { choices: [{ message: { content: "a" } }] }));
    for (const text of ["[".repeat(100), '"['.repeat(100), '\\"['.repeat(100), "\\", "{\\"]) {
      const list = Array.from({ length: 100 }, () => ({ type: "text", text }));
      expect((await see(route.post(chat("a", { messages: [{ role: "user", content: list }] })))).status).toBe(200);
    }
  });

  it("that is 64 deep is passed on", async () => {
    const { route } = await start((res) => sendJson(res, 200, { choices: [{ message: { content: "a" } }] }));
    expect((await see(route.fetch(new Request("http://app.test/api/chat", deep(64))))).status).toBe(200);
  });
});
