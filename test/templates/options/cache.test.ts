import { expect, it, onTestFinished, vi } from "vitest";
import { isCached } from "../../../src/health/requests/headers.ts";
import type { Handle } from "../../../templates/app/lib/call.ts";
import { DONE, event, load, pass, refusal, settled, streamingModel } from "./calls.ts";

const chat = { messages: [{ role: "user", content: "hi" }], temperature: 0 };
const wantsOld = { "cache-control": "max-age=60" };

async function start(env: Record<string, string> = {}) {
  const instance = await load(env);
  const cache = await instance.option("cache");
  let answers = 0;
  const model: Handle = async (call) => {
    answers += 1;
    Object.assign(call.facts, { target: "main", attempts: 1, promptTokens: 7, completionTokens: 3 });
    return Response.json({ answer: answers }, { headers: { "x-ai-target": "main", "x-ai-attempts": "1" } });
  };
  const ask = async (body: Record<string, unknown>, headers: Record<string, string> = {}, handle: Handle = model) => {
    const call = instance.callOf(body, { headers });
    const response = await pass(call, [cache], handle);
    return { call, response, how: response.headers.get("x-ai-cache"), text: await response.text() };
  };
  return { instance, cache, ask, answered: () => answers };
}

const privately: Handle = async () =>
  Response.json({ private: true }, { headers: { "cache-control": "no-store, no-transform" } });

it("answers the same question from memory, and says so", async () => {
  const { ask, answered } = await start();
  const first = await ask(chat);
  await settled();
  const second = await ask({ temperature: 0, messages: chat.messages });
  expect([first.how, second.how, answered()]).toEqual(["miss", "hit", 1]);
  expect(second.text).toBe(first.text);
  expect(Object.fromEntries(second.response.headers)).toMatchObject({
    "content-type": "application/json",
    "x-ai-target": "main",
    "x-ai-attempts": "0",
    age: "0",
    "cache-status": "ai; hit",
  });
  expect(second.call.facts).toMatchObject({ isCached: true, target: "main", promptTokens: null });
  expect(first.call.facts).toMatchObject({ isCached: false, target: "main", promptTokens: 7, completionTokens: 3 });
});

it("keeps a private answer private, wherever it comes from", async () => {
  const { ask } = await start();
  await ask(chat, {}, privately);
  await settled();
  const { how, response } = await ask(chat, {}, privately);
  expect([how, response.headers.get("cache-control")]).toEqual(["hit", "no-store, no-transform"]);
});

it("a health check sees which answers the model gave", async () => {
  const { ask } = await start();
  const first = await ask(chat);
  await settled();
  const second = await ask(chat);
  expect(isCached(Object.fromEntries(first.response.headers))).toBe(false);
  expect(isCached(Object.fromEntries(second.response.headers))).toBe(true);
});

it.each<[string, Record<string, unknown>, Record<string, string>, (string | null)[]]>([
  ["embeddings", { input: "a" }, {}, ["miss", "hit"]],
  ["chat with temperature 0", chat, {}, ["miss", "hit"]],
  ["no chat that is different each time", { messages: [] }, {}, [null, null]],
  ["no chat with some temperature", { ...chat, temperature: 0.1 }, {}, [null, null]],
  ["any chat whose caller asks for it", { messages: [] }, wantsOld, ["miss", "hit"]],
  ["nothing for who wants no part in it", chat, { "cache-control": "no-store" }, [null, null]],
  ["no-store before max-age", { messages: [] }, { "cache-control": "max-age=60, no-store" }, [null, null]],
  ["a new answer for who wants one", chat, { "cache-control": "no-cache" }, ["miss", "miss"]],
  ["the same by another word", chat, { "cache-control": "max-age=0" }, ["miss", "miss"]],
  ["no images", { prompt: "a cat" }, wantsOld, [null, null]],
])("keeps %s", async (_, body, headers, expected) => {
  const { ask } = await start();
  const first = await ask(body, headers);
  await settled();
  expect([first.how, (await ask(body, headers)).how]).toEqual(expected);
});

it("who wants a new answer leaves it for others", async () => {
  const { ask } = await start();
  await ask(chat);
  await settled();
  const fresh = await ask(chat, { "cache-control": "no-cache" });
  await settled();
  expect((await ask(chat)).text).toBe(fresh.text);
});

it("an answer grows old", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const { ask } = await start({ CACHE_TTL_S: "100", AI_BASE_URL: "https://a.test" });
  await ask(chat);
  await settled();
  vi.setSystemTime(Date.now() + 61_000);
  const old = await ask(chat);
  expect([old.how, old.response.headers.get("age")]).toEqual(["hit", "61"]);
  expect((await ask(chat, wantsOld)).how).toBe("miss");
  await settled();
  vi.setSystemTime(Date.now() + 101_000);
  expect((await ask(chat)).how).toBe("miss");
});

const standIn: Handle = async (call) => {
  call.facts.target = "smaller";
  return Response.json({});
};

it("the answer of a stand-in is not kept for long", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const env = { AI_BASE_URL: "https://a.test", AI_MODEL: "big", AI_SMALLER_MODEL: "small" };
  const { ask } = await start(env);
  await ask(chat, {}, standIn);
  await ask({ ...chat, model: "small" }, {}, standIn);
  await settled();
  vi.setSystemTime(Date.now() + 59_000);
  expect((await ask(chat, {}, standIn)).how).toBe("hit");
  vi.setSystemTime(Date.now() + 2_000);
  expect((await ask({ ...chat, model: "small" }, {}, standIn)).how).toBe("hit");
  expect((await ask(chat, {}, standIn)).how).toBe("miss");
});

it("keeps apart what may be answered otherwise", async () => {
  const { instance, cache } = await start();
  const seen = new Set<string>();
  const differ = [
    instance.callOf(chat),
    instance.callOf(chat, {}, "/api/other"),
    instance.callOf({ ...chat, stream: true }),
    instance.callOf({ ...chat, seed: 1 }),
    instance.callOf({ ...chat, messages: [{ role: "user", content: "ho" }] }),
    // Fields within fields keep their order: a JSON schema's decides in which order a model writes.
    instance.callOf({ ...chat, messages: [{ content: "hi", role: "user" }] }),
    Object.assign(instance.callOf(chat), { caller: "tenant-a" }),
    Object.assign(instance.callOf(chat), { caller: "tenant-b" }),
  ];
  for (const call of differ) {
    const response = await pass(call, [cache], async () => Response.json({}));
    seen.add(`${response.headers.get("x-ai-cache")}`);
    await settled();
  }
  expect([...seen]).toEqual(["miss"]);
});

const keyOf = async (env: Record<string, string>) => {
  const { callOf } = await load(env);
  const policy = await import("../../../templates/app/lib/cache-policy.ts");
  return policy.keyOf(callOf(chat));
};

it("another build, and other targets, have a cache of their own", async () => {
  const keys = [
    await keyOf({}),
    await keyOf({ EDGE_AI_BUILD_ID: "b" }),
    await keyOf({ AI_BASE_URL: "https://a.test", AI_MODEL: "m" }),
    await keyOf({ AI_BASE_URL: "https://b.test", AI_MODEL: "m" }),
    await keyOf({ AI_BASE_URL: "https://b.test", AI_MODEL: "n" }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys.join()).toMatch(/^[0-9a-f,]+$/);
});

const good = [event("one"), event("two"), DONE];

it.each<[string, string[], string | null]>([
  ["a whole stream", good, "hit"],
  ["no stream that ends with an error", [event("one"), 'data: {"error":{"code":"upstream_cut"}}\n\n'], "miss"],
  ["no stream that says of an error and goes on", [event("one"), 'data: {"error":{}}\n\n', DONE], "miss"],
  ["no stream without an end", [event("one")], "miss"],
  ["no stream with a broken event", [event("one"), 'data: {"choi\n\n', DONE], "miss"],
  ["no empty stream", [], "miss"],
])("keeps %s", async (_, events, expected) => {
  const { ask } = await start();
  const first = await ask({ ...chat, stream: true }, {}, streamingModel(events).handle);
  await settled();
  const second = await ask({ ...chat, stream: true }, {}, streamingModel(events).handle);
  expect(second.how).toBe(expected);
  expect(second.text).toBe(first.text);
  expect(first.text).toBe(events.join(""));
  expect(second.response.headers.get("content-type")).toBe("text/event-stream");
});

it.each<[string, () => Response]>([
  ["an error", () => Response.json({}, { status: 500 })],
  ["a part of an answer", () => Response.json({}, { status: 207 })],
  ["an error that calls itself a success", () => Response.json({ error: { message: "no" } })],
  ["half an answer", () => new Response('{"a":', { headers: { "content-type": "application/json" } })],
  ["nothing", () => new Response(null)],
  ["a very large answer", () => Response.json({ text: "x".repeat(500_000) })],
])("does not keep %s", async (_, answer) => {
  const { ask } = await start();
  await ask(chat, {}, async () => answer());
  await settled();
  expect((await ask(chat, {}, async () => answer())).how).toBe("miss");
});

const failing: Handle = async (call) => {
  call.facts.errorCode = "upstream_cut";
  return Response.json({});
};

it("does not keep what was thrown, nor what a stream's facts call a failure", async () => {
  const { instance, cache, ask } = await start();
  const refuse = async (): Promise<Response> => {
    throw new instance.HttpError(502, "upstream_error", "no");
  };
  expect(await refusal(pass(instance.callOf(chat), [cache], refuse))).toMatchObject({ status: 502 });
  await settled();
  expect((await ask(chat, {}, failing)).how).toBe("miss");
  await settled();
  expect((await ask(chat)).how).toBe("miss");
});

const large: Handle = async () => Response.json({ text: "x".repeat(400_000) });

it("memory has an end: the answers that were not asked for longest go first", async () => {
  const { instance, ask } = await start();
  for (let question = 0; question < 45; question++) {
    await ask({ input: String(question) }, {}, large);
    await ask({ input: "0" }, {}, large);
    await settled();
  }
  const report = (await instance.deepReport())["cache"] as { bytes: number; answers: number };
  expect(report.bytes).toBeLessThanOrEqual(16_000_000);
  expect(report.answers).toBe(39);
  expect((await ask({ input: "0" }, {}, large)).how).toBe("hit");
  expect((await ask({ input: "1" }, {}, large)).how).toBe("miss");
});
