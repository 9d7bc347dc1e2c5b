import fs from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { vectorFor } from "../../../src/fake-provider/embeddings.ts";
import { startFakeProvider, type FakeProvider } from "../../../src/fake-provider/server.ts";
import { isCached } from "../../../src/health/requests/headers.ts";
import { optionNames } from "../../../src/scaffold/parts.ts";
import { serveLocalApp } from "../../support/local-app.ts";
import { findRedis, startUpstash, type Upstash } from "../../support/upstash.ts";
import { buildApp, KEY, OTHER_KEY, type Instance } from "./app.ts";

const SECRET = "the potato king's secret";
const chat = (content: string) => ({ messages: [{ role: "user", content }], temperature: 0, stream: true });

let app: Awaited<ReturnType<typeof buildApp>>;
let provider: FakeProvider;
const instances: Instance[] = [];

beforeAll(async () => {
  provider = await startFakeProvider({ firstTokenMs: 150, tokenMs: 15, tokens: 12 });
  app = await buildApp();
});

afterAll(async () => {
  for (const instance of instances) await instance.close();
  await app.close();
  await provider.close();
});

async function start(env: Record<string, string> = {}): Promise<Instance> {
  provider.requests.length = 0;
  const instance = await app.start({ AI_BASE_URL: provider.baseUrl, AI_MODEL: "main-model", ...env });
  instances.push(instance);
  return instance;
}

/** Until it is so; a busy machine takes its time. */
function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 15_000 });
}

/** Reads until the first content has come. */
async function firstPiece(response: Response): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const reader = response.body!.getReader();
  await reader.read();
  return reader;
}

it("all options together: a stream, the same again from memory, and a line for each", async () => {
  const instance = await start();
  const first = await instance.post("/v1/chat/completions", chat(SECRET));
  const text = await first.text();
  expect(text).toMatch(/"content":".*data: \[DONE\]\n\n$/s);
  expect(Object.fromEntries(first.headers)).toMatchObject({
    "x-ai-target": "main",
    "x-ai-attempts": "1",
    "x-ai-cache": "miss",
    "ratelimit-limit": "10000",
  });
  const second = await instance.post("/v1/chat/completions", chat(SECRET));
  expect(await second.text()).toBe(text);
  expect(second.headers.get("x-ai-cache")).toBe("hit");
  expect([first, second].map(({ headers }) => isCached(Object.fromEntries(headers)))).toEqual([false, true]);
  const refused = await instance.post("/v1/chat/completions", chat(SECRET), { key: "a-wrong-key" });
  expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
  expect(provider.requests).toHaveLength(1);
  expect(provider.requests[0]?.body).toMatchObject({ max_tokens: 4_096 });

  const lines = await eventually(() => {
    expect(instance.usage()).toHaveLength(3);
    return instance.usage();
  });
  expect(lines).toMatchObject([
    { status: 200, target: "main", attempts: 1, cached: false, errorCode: null, completionTokens: 12, left: false },
    { status: 200, target: "main", attempts: 0, cached: true, errorCode: null, completionTokens: null, costUsd: 0 },
    { status: 401, target: null, attempts: 0, cached: false, errorCode: "invalid_api_key", caller: "anonymous" },
  ]);
  expect(lines[0]?.["caller"]).toMatch(/^[0-9a-f]{16}$/);
  expect(lines[1]?.["caller"]).toBe(lines[0]?.["caller"]);
  expect(instance.logs.join("\n")).not.toMatch(/potato|key-of-the|a-wrong-key|provider-key|127\.0\.0\.1/);

  const report = await instance.report("/api/chat");
  expect(report["usage"]).toMatchObject({ requests: 3, cached: 1, errors: 1 });
  expect(report["cache"]).toMatchObject({ hit: 1, miss: 1, flights: 0 });
  expect(report["queue"]).toMatchObject({ inFlight: 0, waiting: 0 });
  expect(report["redis"]).toEqual({ isConfigured: false });
});

it("100 identical requests at a time are one to the provider", async () => {
  const instance = await start();
  const answers = await Promise.all(
    Array.from({ length: 100 }, async () => {
      const response = await instance.post("/api/chat", chat("all the same"));
      return { how: response.headers.get("x-ai-cache"), text: await response.text() };
    }),
  );
  expect(provider.requests).toHaveLength(1);
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(answers[0]?.text).toMatch(/\[DONE\]\n\n$/);
  expect(answers.filter(({ how }) => how === "miss")).toHaveLength(1);
  const lines = await eventually(() => {
    expect(instance.usage()).toHaveLength(100);
    return instance.usage();
  });
  const tokens = lines.map(({ completionTokens }) => Number(completionTokens ?? 0));
  expect(tokens.reduce((sum, each) => sum + each, 0)).toBe(12);
});

it("tenants share no answer", async () => {
  const instance = await start();
  await Promise.all(
    [KEY, OTHER_KEY].map(async (key) => (await instance.post("/api/chat", chat("same"), { key })).text()),
  );
  expect(provider.requests).toHaveLength(2);
});

it("the first one hangs up, the other gets it all; when both do, the provider is told", async () => {
  // Long enough that a busy machine leaves it in the middle.
  const slow = await startFakeProvider({ firstTokenMs: 50, tokenMs: 25, tokens: 80 });
  onTestFinished(() => slow.close());
  const instance = await start({ AI_BASE_URL: slow.baseUrl });
  const [one, two, three] = [new AbortController(), new AbortController(), new AbortController()];
  const first = await firstPiece(await instance.post("/api/chat", chat("first"), { signal: one.signal }));
  const second = await instance.post("/api/chat", chat("first"));
  one.abort();
  await expect(first.read()).rejects.toThrow("aborted");
  expect(await second.text()).toMatch(/\[DONE\]\n\n$/);
  expect(slow.requests.map(({ abortedAtMs }) => abortedAtMs)).toEqual([null]);

  const readers = await Promise.all(
    [two, three].map(async ({ signal }) => firstPiece(await instance.post("/api/chat", chat("second"), { signal }))),
  );
  expect(slow.requests).toHaveLength(2);
  two.abort();
  await expect(readers[0]?.read()).rejects.toThrow("aborted");
  three.abort();
  await eventually(() => expect(slow.requests[1]?.abortedAtMs).not.toBe(null));
  await eventually(() => {
    const left = instance.usage().filter((line) => line["left"] === true);
    expect(left.map(({ status }) => status)).toEqual([200, 200, 200]);
  });
  await eventually(async () =>
    expect((await instance.report("/api/chat"))["queue"]).toMatchObject({ inFlight: 0, waiting: 0 }),
  );
});

it("hanging up before there is any content stops the provider, too", async () => {
  const instance = await start();
  const leaving = new AbortController();
  const answer = instance.post("/api/chat", chat("never mind"), { signal: leaving.signal });
  await eventually(() => expect(provider.requests).toHaveLength(1));
  leaving.abort();
  await expect(answer).rejects.toThrow("aborted");
  await eventually(() => expect(provider.requests[0]?.abortedAtMs).not.toBe(null));
  await eventually(() => expect(instance.usage()).toMatchObject([{ status: 499, left: true }]));
});

it.each([
  ["reset-mid", 200],
  ["hang", 504],
])("a provider that does %s fails all who wait, and nothing is kept", async (fault, status) => {
  const instance = await start({ AI_MODEL: `fault:${fault}`, AI_FIRST_CONTENT_MS: "1000" });
  const ask = async () => {
    const response = await instance.post("/api/chat", chat("alas"));
    return { status: response.status, text: await response.text() };
  };
  const answers = await Promise.all(Array.from({ length: 10 }, ask));
  // One; but who comes when it has just failed is another try, and a busy machine may be slow to connect.
  const requests = provider.requests.length;
  expect(requests).toBeLessThanOrEqual(3);
  for (const answer of answers) {
    expect(answer.status).toBe(status);
    expect(answer.text).toContain('{"error":{');
    expect(answer.text).not.toContain("[DONE]");
  }
  expect((await ask()).text).not.toContain("[DONE]");
  expect(provider.requests.length).toBeGreaterThan(requests);
});

it("embeddings that come together go together, and everybody gets those of their own texts", async () => {
  const instance = await start();
  const texts = Array.from({ length: 40 }, (_, index) => [`first text ${index}`, `second text of ${index}`]);
  const answers = await Promise.all(
    texts.map(async (input, index) => {
      const response = await instance.post("/api/embeddings", { input }, { key: index % 2 === 0 ? KEY : OTHER_KEY });
      return (await response.json()) as { data: { embedding: number[] }[]; usage: { prompt_tokens: number } };
    }),
  );
  expect(answers.map(({ data }) => data.map(({ embedding }) => embedding))).toEqual(
    texts.map((each) => each.map((text) => Array.from(vectorFor(text)))),
  );
  expect(provider.requests.length).toBeLessThan(40);
  const sent = provider.requests.map(({ body }) => (body as { input: string[] }).input);
  expect(sent.flat().toSorted()).toEqual(texts.flat().toSorted());
});

it("the same options stand before a model in the function", async () => {
  const local = await serveLocalApp({
    functions: ["embeddings"],
    writeModel: (dir) => fs.cp("templates/models/use-lite", dir, { recursive: true }),
    options: optionNames(),
    env: { APP_API_KEYS: KEY },
  });
  onTestFinished(() => local.close());
  const ask = async (input: string, authorization = `Bearer ${KEY}`) => {
    const headers = { "content-type": "application/json", authorization };
    const body = JSON.stringify({ input });
    const response = await fetch(`${local.url}/api/embeddings`, { method: "POST", headers, body });
    const { data } = (await response.json()) as { data?: { embedding: number[] }[] };
    return { status: response.status, how: response.headers.get("x-ai-cache"), vector: data?.[0]?.embedding };
  };
  const [hello, again, world] = await Promise.all([ask("hello"), ask("hello"), ask("world")]);
  expect([hello.how, again.how].toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual(["miss", "shared"]);
  expect(again.vector).toEqual(hello.vector);
  expect(world.vector).not.toEqual(hello.vector);
  expect(await ask("hello")).toEqual({ ...hello, how: "hit" });
  expect((await ask("hello", "Bearer wrong")).status).toBe(401);
  await eventually(() => expect(local.logs.filter((line) => line.includes('"usage"'))).toHaveLength(5));
  expect(local.logs.join("\n")).toContain('"costUsd":null');
});

describe.skipIf(findRedis() === null)("with Redis between two instances (skipped without redis-server)", () => {
  let upstash: Upstash;
  beforeAll(async () => {
    upstash = await startUpstash(findRedis() ?? "");
  });
  afterAll(() => upstash.close());
  const both = (env: Record<string, string>) => {
    const all = { ...upstash.env, REDIS_TIMEOUT_MS: "20000", ...env };
    return Promise.all([start(all), start(all)]);
  };

  it("the second one knows what the first was told, and nobody else's", async () => {
    const [first, second] = await both({});
    const text = await (await first.post("/api/chat", chat(SECRET))).text();
    await eventually(async () => expect(await upstash.send("DBSIZE")).toBeGreaterThan(1));
    const again = await second.post("/api/chat", chat(SECRET));
    expect([again.headers.get("x-ai-cache"), again.headers.get("x-ai-target")]).toEqual(["hit", "main"]);
    expect(await again.text()).toBe(text);
    expect(provider.requests).toHaveLength(1);
    await (await second.post("/api/chat", chat(SECRET), { key: OTHER_KEY })).text();
    expect(provider.requests).toHaveLength(2);
    expect(((await upstash.send("KEYS", "*")) as string[]).join()).not.toMatch(/potato|tenant/);
  });

  it("50 clients at a time get exactly as much as they may", async () => {
    await upstash.send("FLUSHALL");
    const two = await both({ RATE_LIMIT_BURST: "30", RATE_LIMIT_PER_MINUTE: "1" });
    const statuses = await Promise.all(
      Array.from({ length: 50 }, async (_, client) => {
        const own: number[] = [];
        for (let asked = 0; asked < 3; asked++) {
          const response = await two[client % 2]!.post("/api/embeddings", { input: "the same" });
          await response.text();
          own.push(response.status);
        }
        return own;
      }),
    );
    expect(statuses.flat().filter((status) => status === 200)).toHaveLength(30);
    expect(statuses.flat().filter((status) => status === 429)).toHaveLength(120);
  });

  it("a Redis that hangs costs each instance little, and nobody an answer", async () => {
    const instance = await start(upstash.env);
    const timeOf = async (content: string) => {
      const startedMs = performance.now();
      const response = await instance.post("/api/chat", { ...chat(content), stream: false });
      expect([response.status, (await response.json()) !== null]).toEqual([200, true]);
      return performance.now() - startedMs;
    };
    const before = Math.min(await timeOf("a"), await timeOf("b"), await timeOf("c"), await timeOf("d"));
    upstash.behaviour.hangs = true;
    onTestFinished(() => void (upstash.behaviour.hangs = false));
    const first = await timeOf("first");
    const more = Math.max(await timeOf("second"), await timeOf("third"));
    const [added, addedLater] = [first - before, more - before].map((ms) => ms.toFixed(1));
    process.stdout.write(`a hanging Redis adds ${added} ms to one request, ${addedLater} ms to the next ones\n`);
    expect(first - before).toBeLessThan(400);
    const warned = instance.logs.filter((line) => line.includes("redis: no answer within 100 ms"));
    expect(warned).toHaveLength(1);
  });
});
