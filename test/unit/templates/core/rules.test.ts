// The rules of asking targets, each by its number: over real sockets, with the real api/chat.ts as a new instance.
import { beforeAll, beforeEach, afterAll, describe, expect, it, vi } from "vitest";
import { startFakeProvider, type FakeProvider } from "../../../../src/fake-provider/server.ts";
import { chat, loadLib, loadRoute, see, type Loaded } from "./load-route.ts";
import { chunk, deadUrl, sendEvents, sendJson, startStream, startUpstream, whole } from "./upstream.ts";

const SLOW_MACHINE_MS = 10_000;
let provider: FakeProvider;

beforeAll(async () => {
  provider = await startFakeProvider({ firstTokenMs: 5, tokenMs: 2, tokens: 6 });
});
afterAll(() => provider.close());
const warn = vi.spyOn(console, "warn").mockReturnValue();
beforeEach(() => {
  warn.mockClear();
  provider.requests.length = 0;
});

/** A chat function whose first target is `baseUrl`, and whose second one is well. */
function withStandIn(baseUrl: string, env: Record<string, string> = {}): Promise<Loaded> {
  return loadRoute("chat", {
    AI_BASE_URL: baseUrl,
    AI_API_KEY: "k",
    LOCAL_BASE_URL: provider.baseUrl,
    LOCAL_API_KEY: "k",
    ...env,
  });
}
const alone = (baseUrl: string, env: Record<string, string> = {}): Promise<Loaded> =>
  loadRoute("chat", { AI_BASE_URL: baseUrl, AI_API_KEY: "k", ...env });
const withFault = (fault: string, env: Record<string, string> = {}): Promise<Loaded> =>
  withStandIn(provider.baseUrl, { AI_MODEL: `fault:${fault}`, ...env });
const askedFor = (model: string): number =>
  provider.requests.filter(({ body }) => (body as { model?: string })?.model === model).length;
const stream = (text: string, more: object = {}): object => chat(text, { stream: true, ...more });

describe("rule 1: one budget until the first content, then content and not bytes", () => {
  it("is shared by all targets, and each has its part of it", async () => {
    const route = await withFault("hang", { LOCAL_MODEL: "fault:hang", AI_FIRST_CONTENT_MS: "1600" });
    const [startedMs, startedAt] = [performance.now(), Date.now()];
    const seen = await see(route.post(stream("a")));
    const tookMs = performance.now() - startedMs;
    expect([seen.status, seen.code, seen.headers.get("x-ai-attempts")]).toEqual([504, "upstream_timeout", "2"]);
    // The second one is asked after half of the time, and not before.
    expect(provider.requests[1]!.atMs - startedAt).toBeGreaterThanOrEqual(790);
    expect(tookMs).toBeGreaterThanOrEqual(1_590);
    expect(tookMs).toBeLessThan(1_600 + SLOW_MACHINE_MS);
  });

  it("counts from the call's arrival: who has waited in a queue has less left", async () => {
    const { Call, ask } = await loadLib(["call", "chain"]);
    const call = Object.assign(new Call(new Request("http://app.test", { method: "POST" }), {}), {
      arrivedMs: performance.now() - 5_000,
    });
    const targets = [{ name: "main", baseUrl: provider.baseUrl, apiKey: "k", model: "fault:hang" }];
    const order = {
      path: "/chat/completions",
      targets,
      body: ({ model }: { model: string }) => chatBody(model),
      read: async () => "",
    };
    await expect(ask(call, { ...order, budgetMs: 5_100 })).rejects.toMatchObject({
      status: 504,
      headers: { "x-ai-attempts": "1" },
    });
    await expect(ask(call, { ...order, budgetMs: 100 })).rejects.toMatchObject({ status: 504 });
    expect(askedFor("fault:hang")).toBe(1);
  });

  it.each([
    ["comments", ": keep-alive\n\n"],
    ["empty deltas", `data: ${JSON.stringify(chunk({ content: "" }))}\n\n`],
    ["bytes of no event", "x"],
  ])("a stream that only sends %s after its first content is ended", async (_, bytes) => {
    const upstream = await startUpstream((res) => {
      startStream(res, chunk({ content: "Hel" }));
      const timer = setInterval(() => res.write(bytes), 30);
      res.on("close", () => clearInterval(timer));
    });
    const seen = await see((await alone(upstream.baseUrl, { AI_IDLE_MS: "300" })).post(stream("a")));
    expect(seen).toMatchObject({ status: 200, content: "Hel", code: "upstream_timeout", end: "error event" });
  });

  it("a stream that goes on for too long is ended, also when nobody reads it", async () => {
    const upstream = await startUpstream((res) => {
      startStream(res);
      const timer = setInterval(() => sendEvents(res, chunk({ content: "a" })), 20);
      res.on("close", () => clearInterval(timer));
    });
    const route = await alone(upstream.baseUrl, { AI_TOTAL_MS: "400" });
    const unread = await route.post(stream("b"));
    const seen = await see(route.post(stream("a")));
    expect(seen).toMatchObject({ code: "upstream_timeout", end: "error event" });
    expect(await unread.text()).toContain("upstream_timeout");
  });

  it("an answer that is not streamed has a budget of its own", async () => {
    const upstream = await startUpstream((res) => {
      setTimeout(() => sendJson(res, 200, { choices: [{ message: { content: "late" }, finish_reason: "stop" }] }), 500);
    });
    const route = await alone(upstream.baseUrl, { AI_FIRST_CONTENT_MS: "200" });
    expect(await see(route.post(chat("a")))).toMatchObject({ status: 200, content: "late" });
    expect(await see(route.post(stream("a")))).toMatchObject({ status: 504 });
  });
});

describe("rule 2: one loop that retries", () => {
  it("asks a target at most twice", async () => {
    const seen = await see((await withFault("error")).post(chat("a")));
    expect(seen.headers.get("x-ai-attempts")).toBe("3");
    expect(askedFor("fault:error")).toBe(2);
  });

  it("stops retrying when the budget for retries is spent", async () => {
    // Every other call does well, so that the breaker stays closed.
    let asked = 0;
    const upstream = await startUpstream((res, { body }) => {
      asked += 1;
      if (body.messages[0].content === "well") sendJson(res, 200, { choices: [{ message: { content: "a" } }] });
      else sendJson(res, 500, {});
    });
    const route = await alone(upstream.baseUrl);
    for (let call = 0; call < 20; call++) {
      await see(route.post(chat("ill")));
      await see(route.post(chat("well")));
    }
    // 40 calls; 10 retries to begin with, and 8 for 40 calls.
    expect(asked - 40).toBeGreaterThanOrEqual(17);
    expect(asked - 40).toBeLessThanOrEqual(18);
  });
});

describe("rule 3: Retry-After", () => {
  it.each([
    ["seconds", () => ({ "retry-after": "1" }), 1_000],
    ["milliseconds", () => ({ "retry-after-ms": "300" }), 300],
    ["a date", () => ({ "retry-after": new Date(Date.now() + 2_000).toUTCString() }), 900],
  ])("in %s is waited for", async (_, headers, ms) => {
    const upstream = await startUpstream((res) => {
      if (upstream.asked.length === 1) sendJson(res, 429, {}, headers());
      else {
        startStream(res, ...whole);
        res.end();
      }
    });
    const seen = await see((await withStandIn(upstream.baseUrl)).post(stream("a")));
    expect(seen).toMatchObject({ status: 200, content: "Hello" });
    expect(seen.headers.get("x-ai-target")).toBe("main");
    expect(upstream.asked[1]!.atMs - upstream.asked[0]!.atMs).toBeGreaterThanOrEqual(ms - 20);
  });

  it("is no reason to wait when it is too long: the next target is asked, and the first one left alone", async () => {
    const route = await withFault("rate-limited-120s");
    for (let call = 1; call <= 3; call++) {
      const seen = await see(route.post(stream(`call ${call}`)));
      expect([seen.status, seen.headers.get("x-ai-target")]).toEqual([200, "local"]);
    }
    expect(askedFor("fault:rate-limited-120s")).toBe(1);
  });

  it("is passed on when nobody can stand in", async () => {
    const seen = await see((await alone(provider.baseUrl, { AI_MODEL: "fault:rate-limited-120s" })).post(chat("a")));
    expect(seen).toMatchObject({ status: 429, code: "upstream_rate_limited", retryAfter: "120" });
  });
});

describe("rule 4: whose fault it is", () => {
  it.each([408, 409, 425, 500, 502, 503, 504, 529])("%s is tried again", async (status) => {
    const upstream = await startUpstream((res) => {
      if (upstream.asked.length === 1) sendJson(res, status, {});
      else sendJson(res, 200, { choices: [{ message: { content: "a" } }] });
    });
    expect(await see((await alone(upstream.baseUrl)).post(chat("a")))).toMatchObject({ status: 200 });
  });

  it.each([
    [401, "upstream_auth"],
    [402, "upstream_auth"],
    [403, "upstream_auth"],
    [404, "upstream_not_found"],
    [405, "upstream_bad_answer"],
  ])("%s is not: the next target is asked at once", async (status, code) => {
    const upstream = await startUpstream((res) => sendJson(res, status, { error: { message: "secret words" } }));
    const seen = await see((await alone(upstream.baseUrl)).post(chat("a")));
    expect(seen).toMatchObject({ status: 502, code });
    expect(seen.text).not.toContain("secret words");
    expect(upstream.asked.length).toBe(1);
    const saved = await see((await withStandIn(upstream.baseUrl)).post(chat("a")));
    expect(saved.headers.get("x-ai-target")).toBe("local");
  });

  it.each([400, 413, 422])(
    "%s is the caller's, and told in the target's words, without keys and addresses",
    async (status) => {
      const upstream = await startUpstream((res, { headers }) => {
        const message = `max_tokens is too large for gpt-4o-mini-2024-07-18 (${headers.authorization}, key my-secret, sk-proj-abcdef123456, http://10.1.2.3:80/v1/x, at 10.1.2.3:80, host ${headers.host})`;
        sendJson(res, status, { error: { message, code: "context_length_exceeded" } });
      });
      const seen = await see(
        (await withStandIn(upstream.baseUrl.replace("127.0.0.1", "localhost"), { AI_API_KEY: "my-secret" })).post(
          stream("a"),
        ),
      );
      expect(seen).toMatchObject({ status, code: "context_length_exceeded" });
      const { message } = JSON.parse(seen.text).error;
      expect(message).toMatch(/^max_tokens is too large for gpt-4o-mini-2024-07-18 \(/);
      for (const secret of ["my-secret", "sk-proj", "10.1.2.3", "http", "localhost"])
        expect(message).not.toContain(secret);
      expect(seen.headers.get("x-ai-attempts")).toBe("1");
      expect(provider.requests.length).toBe(0);
    },
  );

  it("does not follow a redirect with the caller's text and our key", async () => {
    const elsewhere = await startUpstream((res) => sendJson(res, 200, {}));
    const upstream = await startUpstream((res) =>
      res.writeHead(307, { location: `${elsewhere.baseUrl}/chat/completions` }).end(),
    );
    expect(await see((await alone(upstream.baseUrl)).post(chat("a")))).toMatchObject({ status: 502 });
    expect(elsewhere.asked.length).toBe(0);
  });

  it("holds no endless answer in memory", async () => {
    const upstream = await startUpstream((res) => {
      res.writeHead(200, { "content-type": "application/json" });
      const piece = " ".repeat(1_000_000);
      const write = (): void => {
        while (!res.destroyed && res.write(piece));
      };
      res.on("drain", write);
      write();
    });
    expect(await see((await alone(upstream.baseUrl)).post(chat("a")))).toMatchObject({
      status: 502,
      code: "upstream_bad_answer",
    });
  });

  it("holds no endless beginning of a stream in memory", async () => {
    const upstream = await startUpstream((res) => {
      startStream(res);
      const piece = `data: ${JSON.stringify(chunk({ content: "", filler: "x".repeat(100_000) }))}\n\n`;
      const write = (): void => {
        while (!res.destroyed && res.write(piece));
      };
      res.on("drain", write);
      write();
    });
    expect(await see((await alone(upstream.baseUrl)).post(stream("a")))).toMatchObject({
      status: 502,
      code: "upstream_bad_answer",
    });
  });
});

describe("rule 5: after the first content nothing is said twice", () => {
  it.each(["hang-mid", "reset-mid", "truncated", "error-event-mid", "bad-sse"])(
    "%s ends with an error event and no [DONE]",
    async (fault) => {
      const seen = await see((await withFault(fault, { AI_IDLE_MS: "300" })).post(stream("a")));
      expect(seen.end).toBe("error event");
      expect(seen.text).not.toContain("[DONE]");
      expect(seen.headers.get("x-ai-target")).toBe("main");
      expect(provider.requests.length).toBe(1);
    },
  );

  it("a tool call is content, too", async () => {
    const upstream = await startUpstream((res) => {
      startStream(
        res,
        chunk({ tool_calls: [{ index: 0, id: "t", type: "function", function: { name: "f", arguments: "" } }] }),
      );
      setTimeout(() => res.destroy(), 50);
    });
    const seen = await see((await withStandIn(upstream.baseUrl)).post(stream("a")));
    expect(seen).toMatchObject({ status: 200, end: "error event", code: "upstream_cut" });
    expect(seen.text).toContain("tool_calls");
  });

  it("what comes before a broken event in the same bytes is handed on, what comes behind it is not", async () => {
    const upstream = await startUpstream((res) => {
      res.writeHead(200, { "content-type": "text/event-stream" });
      res.end(`${said("Hel")}data: {"broken"\n\n${said("lo")}data: [DONE]\n\n`);
    });
    const seen = await see((await alone(upstream.baseUrl)).post(stream("a")));
    expect(seen).toMatchObject({ content: "Hel", end: "error event", code: "upstream_bad_answer" });
  });

  it("a stream with finish_reason or [DONE] is complete, and ends with [DONE] for everybody", async () => {
    for (const fault of ["done-only", "finish-only"]) {
      const seen = await see((await withFault(fault)).post(stream("a")));
      expect(seen).toMatchObject({ end: "done", code: null });
      expect(seen.text.match(/\[DONE\]/g)).toHaveLength(1);
    }
  });

  it("of several choices all have to be complete", async () => {
    const upstream = await startUpstream((res) => {
      startStream(res, chunk({ content: "a" }), chunk({}, "stop"));
      res.end();
    });
    const route = await alone(upstream.baseUrl);
    expect((await see(route.post(stream("a", { n: 2 })))).end).toBe("error event");
    expect((await see(route.post(stream("a")))).end).toBe("done");
  });

  // Less than the 15 s for which a stream may be silent before it is complete.
  it("what a target leaves open after [DONE] keeps nobody waiting", { timeout: SLOW_MACHINE_MS }, async () => {
    const upstream = await startUpstream((res) => startStream(res, ...whole));
    const seen = await see((await alone(upstream.baseUrl)).post(stream("a")));
    expect(seen).toMatchObject({ content: "Hello", end: "done" });
  });

  it("nor what it leaves open after the last finish_reason", { timeout: SLOW_MACHINE_MS }, async () => {
    const upstream = await startUpstream((res) => startStream(res, ...whole.slice(0, -1)));
    const seen = await see((await alone(upstream.baseUrl)).post(stream("a")));
    expect(seen).toMatchObject({ content: "Hello", end: "done", code: null });
  });

  it("the figures may come a little after the last finish_reason, and content may still come after one", async () => {
    const usage = { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } };
    const upstream = await startUpstream((res) => {
      startStream(res, chunk({ content: "Hel" }, "stop"), chunk({ content: "lo" }));
      setTimeout(() => {
        sendEvents(res, chunk({}, "stop"));
        setTimeout(() => sendEvents(res, usage), 100);
      }, 1_300);
    });
    const body = stream("a", { stream_options: { include_usage: true } });
    const seen = await see((await alone(upstream.baseUrl)).post(body));
    expect(seen).toMatchObject({ content: "Hello", end: "done" });
    expect(seen.text).toContain('"completion_tokens":2');
  });

  it("an event without the empty line behind it counts, when it is the last one", async () => {
    const upstream = await startUpstream((res) => {
      startStream(res, chunk({ content: "Hello" }));
      res.end("data: [DONE]");
    });
    expect(await see((await alone(upstream.baseUrl)).post(stream("a")))).toMatchObject({
      content: "Hello",
      end: "done",
    });
  });
});

describe("rule 6: the caller leaves", () => {
  it("before anything has come: the target is told, nobody else is asked", async () => {
    const route = await withFault("hang");
    const caller = new AbortController();
    const answer = route.post(stream("a"), { signal: caller.signal });
    await askedTimes(1);
    caller.abort();
    expect((await answer).status).toBe(499);
    await aborted();
    expect(provider.requests.length).toBe(1);
  });

  it("while a retry waits: there is none", async () => {
    const route = await withFault("rate-limited-1s");
    const caller = new AbortController();
    const answer = route.post(chat("a"), { signal: caller.signal });
    await askedTimes(1);
    setTimeout(() => caller.abort(), 50);
    const startedMs = performance.now();
    expect((await answer).status).toBe(499);
    expect(performance.now() - startedMs).toBeLessThan(900);
    expect(provider.requests.length).toBe(1);
  });

  it.each(["its request", "its answer"])("in the middle of a stream, by ending %s", async (what) => {
    const route = await withFault("hang-mid", { AI_IDLE_MS: "20000" });
    const caller = new AbortController();
    const answer = await route.post(stream("a"), { signal: caller.signal });
    const reader = answer.body!.getReader();
    await reader.read();
    if (what === "its request") caller.abort();
    else await reader.cancel();
    await aborted();
    expect(provider.requests.length).toBe(1);
  });

  it("is nothing that a target has done wrong", async () => {
    const route = await withFault("hang");
    for (let call = 1; call <= 6; call++) {
      const caller = new AbortController();
      const answer = route.post(chat("a"), { signal: caller.signal });
      await askedTimes(call);
      caller.abort();
      await answer;
    }
    expect(warn).not.toHaveBeenCalled();
    expect(askedFor("fault:hang")).toBe(6);
  });
});

describe("rule 7: a breaker for each target", () => {
  it("passes over a target that keeps failing", async () => {
    const route = await withFault("unauthorized");
    for (let call = 0; call < 8; call++) {
      expect((await see(route.post(chat("a")))).headers.get("x-ai-target")).toBe("local");
    }
    expect(askedFor("fault:unauthorized")).toBe(5);
  });

  it("counts streams that break", async () => {
    const route = await withFault("truncated");
    for (let call = 0; call < 5; call++) expect((await see(route.post(stream("a")))).end).toBe("error event");
    expect((await see(route.post(stream("a")))).headers.get("x-ai-target")).toBe("local");
  });

  it("asks the first target anyway when all are open", async () => {
    const route = await alone(provider.baseUrl, { AI_MODEL: "fault:unauthorized" });
    for (let call = 0; call < 8; call++) await see(route.post(chat("a")));
    expect(askedFor("fault:unauthorized")).toBe(8);
  });

  it("tells its state to ?deep=1, without addresses", async () => {
    const route = await withFault("unauthorized");
    for (let call = 0; call < 5; call++) await see(route.post(chat("a")));
    const report = await (await route.get("?deep=1")).json();
    expect(report).toMatchObject({
      version: 1,
      targets: { main: { isOpen: true, failuresInARow: 5, lastFault: "upstream_auth" }, local: { isOpen: false } },
    });
    expect(JSON.stringify(report)).not.toContain("127.0.0.1");
  });
});

describe("rule 8: nothing that calls share can break them", () => {
  it.each([
    ["stream", stream],
    ["document", chat],
  ])("10 parallel calls, a dead first target, %s: 10 of 10 are served", async (_, body) => {
    const route = await withStandIn(await deadUrl());
    const seen = await Promise.all(Array.from({ length: 10 }, (__, call) => see(route.post(body(`call ${call}`)))));
    expect(seen.map(({ status, headers }) => `${status} ${headers.get("x-ai-target")}`)).toEqual(
      Array(10).fill("200 local"),
    );
    expect(new Set(seen.map(({ content }) => content)).size).toBe(10);
  });
});

describe("rule 9: the order of targets", () => {
  it("begins with the model that the caller asks for, and never goes back to a better one", async () => {
    const route = await withFault("error", { AI_SMALLER_MODEL: "small", LOCAL_MODEL: "own" });
    const target = async (model: string): Promise<string | null> =>
      (await see(route.post(chat("a", { model })))).headers.get("x-ai-target");
    expect([await target("small"), await target("own")]).toEqual(["smaller", "local"]);
    const other = await see(route.post(chat("a", { model: "http://evil.test/v1" })));
    expect(other).toMatchObject({ status: 404, code: "model_not_found" });
  });

  it("says who answered, and how many requests it took, also of errors", async () => {
    const seen = await see((await alone(provider.baseUrl, { AI_MODEL: "fault:error" })).post(chat("a")));
    expect([seen.headers.get("x-ai-target"), seen.headers.get("x-ai-attempts")]).toEqual([null, "2"]);
  });

  it("says that there is no target", async () => {
    expect(await see((await loadRoute("chat")).post(chat("a")))).toMatchObject({ status: 503, code: "no_target" });
  });
});

function said(content: string): string {
  return `data: ${JSON.stringify(chunk({ content }))}\n\n`;
}

/** Resolves when the provider has seen the last caller leave. */
function aborted(): Promise<void> {
  return vi.waitFor(() => expect(provider.requests.at(-1)?.abortedAtMs).toEqual(expect.any(Number)), SLOW_MACHINE_MS);
}

/** Resolves when the provider was asked so many times. */
function askedTimes(times: number): Promise<void> {
  return vi.waitFor(() => expect(provider.requests.length).toBe(times), SLOW_MACHINE_MS);
}

function chatBody(model: string): object {
  return { model, messages: [] };
}
