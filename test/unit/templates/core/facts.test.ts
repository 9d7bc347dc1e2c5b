// What a call knows of itself when it has ended: the log, and the options that wait for its end, build on it.
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startFakeProvider, type FakeProvider } from "../../../../src/fake-provider/server.ts";
import { loadLib } from "./load-route.ts";

let provider: FakeProvider;
beforeAll(async () => {
  vi.spyOn(console, "warn").mockReturnValue();
  provider = await startFakeProvider({ firstTokenMs: 5, tokenMs: 2, tokens: 6 });
});
afterAll(() => provider.close());

/** Asks one target for a stream, as api/chat.ts does. */
async function ask(model: string, env: Record<string, string> = {}) {
  const lib = await loadLib(["call", "chain", "relay", "answer"], env);
  const caller = new AbortController();
  const call = new lib["Call"](
    new Request("http://app.test", { method: "POST", body: "{}", signal: caller.signal }),
    {},
  );
  const answer = (stream: boolean): Promise<any> =>
    lib["ask"](call, {
      path: "/chat/completions",
      targets: [{ name: "main", baseUrl: provider.baseUrl, apiKey: "k", model }],
      budgetMs: 5_000,
      body: () => ({
        model,
        messages: [{ role: "user", content: model }],
        stream,
        stream_options: { include_usage: true },
      }),
      read: stream
        ? (response: Response, attempt: object) => lib["openRelay"](response, attempt, { choices: 1, hidesUsage: true })
        : lib["readChatAnswer"],
    });
  let hasEnded = false;
  call.ended.finally(() => {
    hasEnded = true;
  });
  return { call, answer, caller, hasEnded: () => hasEnded };
}

describe("of a stream", () => {
  it("that is complete: who answered, after how long, with how many tokens; it ends with its last byte", async () => {
    const { call, answer, hasEnded } = await ask("well");
    const stream = await answer(true);
    expect([call.isStreaming, call.facts.firstContentMs > 0, hasEnded()]).toEqual([true, true, false]);
    const text = await new Response(stream).text();
    await call.ended;
    expect(call.facts).toMatchObject({ target: "main", attempts: 1, completionTokens: 6, errorCode: null });
    expect(call.facts.promptTokens).toBeGreaterThan(0);
    expect(text).not.toContain('"usage":{');
  });

  it("that breaks: why", async () => {
    const { call, answer } = await ask("fault:truncated");
    await new Response(await answer(true)).text();
    await call.ended;
    expect(call.facts).toMatchObject({ target: "main", errorCode: "upstream_cut" });
  });

  it.each(["request", "answer"])("whose caller ends the %s", async (what) => {
    const { call, answer, caller } = await ask("fault:hang-mid");
    const reader = (await answer(true)).getReader();
    await reader.read();
    if (what === "request") caller.abort();
    else await reader.cancel();
    await call.ended;
    expect(call.facts.errorCode).toBe("client_closed_request");
  });

  it("that nobody reads ends, too", async () => {
    const { call, answer } = await ask("fault:hang-mid", { AI_TOTAL_MS: "300" });
    await answer(true);
    await call.ended;
    expect(call.facts.errorCode).toBe("upstream_timeout");
  });
});

it("of a document: the same, and it is not a stream", async () => {
  const { call, answer } = await ask("fault:error-once");
  await answer(false);
  expect(call.isStreaming).toBe(false);
  expect(call.facts).toMatchObject({ target: "main", attempts: 2, completionTokens: 6 });
  expect(call.facts.firstContentMs).toBeGreaterThan(0);
});

it("adds no listeners to a signal that many calls share", async () => {
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on("warning", note);
  const { answer } = await ask("well");
  for (let call = 0; call < 15; call++) await answer(false);
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  process.off("warning", note);
  expect(warnings).toEqual([]);
});
