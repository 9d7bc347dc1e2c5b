// Requests of one isolate at the same time. workerd lets none touch what another one has opened: "Cannot perform I/O on behalf
// of a different request".
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startFakeProvider, type FakeProvider } from "../../src/fake-provider/server.ts";
import { findRedis, startUpstash } from "../support/upstash.ts";
import { KEY, makeApp, onWorkerd, removeApps, type Runtime } from "./app.ts";

let provider: FakeProvider;
beforeAll(async () => {
  provider = await startFakeProvider({ tokens: 20, firstTokenMs: 100, tokenMs: 20 });
});
afterAll(() => Promise.all([provider.close(), removeApps()]));

const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
const foreign = /different request|will never (?:generate|complete)|hang/i;

async function serve(
  flags: readonly string[],
  parts: readonly string[],
  more: Record<string, string>,
): Promise<Runtime> {
  const dir = await makeApp([...flags, "--latency-budget", "20000"], parts);
  return onWorkerd(dir, { AI_BASE_URL: provider.baseUrl, AI_API_KEY: "provider-key", APP_API_KEYS: KEY, ...more });
}

function post({ url }: Runtime, path: string, body: object, signal?: AbortSignal): Promise<Response> {
  return fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body), signal: signal ?? null });
}

const question = (content: string, stream: boolean): object => ({
  temperature: 0,
  stream,
  messages: [{ role: "user", content }],
});

describe("chat", () => {
  let app: Runtime;
  beforeAll(async () => {
    const flags = ["--task", "chat", "--mode", "external", "--model", "llama-3.1-8b-instruct"];
    app = await serve(flags, ["cache", "queue"], {
      QUEUE_MAX_IN_FLIGHT: "2",
      QUEUE_MAX_WAITING: "20",
      QUEUE_MAX_WAIT_MS: "1500",
    });
  }, 60_000);
  afterAll(() => app.close());

  it.each([true, false])("answers the same question to many at once, each by itself; streamed: %s", async (stream) => {
    const answers = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const response = await post(app, "/api/chat", question(`the same ${stream}`, stream));
        return { status: response.status, text: await response.text() };
      }),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(app.logs.join("\n")).not.toMatch(foreign);
    const again = await post(app, "/api/chat", question(`the same ${stream}`, stream));
    expect([again.headers.get("x-ai-cache"), await again.text()]).toEqual(["hit", answers[0]?.text]);
  });

  it("refuses those for whom no place becomes free, and lets the others in", async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => post(app, "/api/chat", question(`question ${index}`, false))),
    );
    const codes = await Promise.all(answers.map(async (each) => ((await each.json()) as any).error?.code ?? "ok"));
    expect(new Set(codes)).toEqual(new Set(["ok", "overloaded"]));
    expect(codes.filter((code) => code === "ok").length).toBeGreaterThanOrEqual(2);
    expect(app.logs.join("\n")).not.toMatch(foreign);
  });

  it("goes on for others, with all its places, after callers have left in the middle", async () => {
    for (let index = 0; index < 4; index++) {
      const leave = new AbortController();
      const response = await post(app, "/api/chat", question(`left ${index}`, true), leave.signal);
      await response.body?.getReader().read();
      leave.abort();
    }
    await expect
      .poll(async () => {
        const report = await (await fetch(`${app.url}/api/chat?deep=1`, { headers })).json();
        return (report as { queue: { inFlight: number } }).queue.inFlight;
      })
      .toBe(0);
    const left = app.logs.filter((line) => line.includes('"type":"usage"') && line.includes('"left":true'));
    expect(left.length).toBe(4);
    const response = await post(app, "/api/chat", question("after", false));
    expect(response.status).toBe(200);
  });

  it("answers who came second when who came first leaves in the middle", async () => {
    const leave = new AbortController();
    const first = await post(app, "/api/chat", question("the first one leaves", true), leave.signal);
    const second = await post(app, "/api/chat", question("the first one leaves", true));
    await first.body?.getReader().read();
    leave.abort();
    expect((await second.text()).trimEnd().endsWith("data: [DONE]")).toBe(true);
    expect(app.logs.join("\n")).not.toMatch(foreign);
  });

  it("makes many ready at once", async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => fetch(`${app.url}/api/prefetch`)));
    expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });
});

/** What the cache said of an answer, or the status of what is none. */
async function cacheSaid(app: Runtime): Promise<string | null> {
  const response = await post(app, "/api/chat", question("for both", false));
  await response.text();
  return response.status === 200 ? response.headers.get("x-ai-cache") : String(response.status);
}

const redisBinary = findRedis();
describe.runIf(redisBinary !== null)("two isolates and one Redis", () => {
  it("cache and count together", async () => {
    const redis = await startUpstash(redisBinary ?? "");
    const dir = await makeApp(
      ["--task", "chat", "--mode", "external", "--model", "llama-3.1-8b-instruct", "--latency-budget", "20000"],
      ["cache", "rate-limit"],
    );
    const env = {
      ...redis.env,
      AI_BASE_URL: provider.baseUrl,
      AI_API_KEY: "provider-key",
      APP_API_KEYS: KEY,
      REDIS_TIMEOUT_MS: "5000",
      RATE_LIMIT_BURST: "4",
      RATE_LIMIT_PER_MINUTE: "1",
    };
    const [one, two] = [await onWorkerd(dir, env), await onWorkerd(dir, env)];
    expect(await cacheSaid(one)).toBe("miss");
    // The answer goes to Redis after it has gone to the caller.
    await expect.poll(() => redis.commands.includes("SET")).toBe(true);
    expect([await cacheSaid(two), await cacheSaid(one), await cacheSaid(two), await cacheSaid(one)]).toEqual([
      "hit",
      "hit",
      "hit",
      "429",
    ]);
    await Promise.all([one.close(), two.close(), redis.close()]);
  }, 30_000);
});

describe("embeddings", () => {
  let app: Runtime;
  beforeAll(async () => {
    const flags = ["--task", "embeddings", "--mode", "hybrid", "--model", "bge-small-en-v1.5"];
    app = await serve(flags, ["batching", "cache"], {});
  }, 60_000);
  afterAll(() => app.close());

  it("does not wait for others to go together, and gives each its own vectors", async () => {
    const before = provider.requests.length;
    const vectorOf = async (input: string): Promise<number[]> =>
      ((await (await post(app, "/api/embeddings", { input })).json()) as any).data[0].embedding;
    const texts = ["one", "two", "three", "four"];
    const together = await Promise.all(texts.map(vectorOf));
    expect(provider.requests.length - before).toBe(4);
    for (const [index, text] of texts.entries()) expect(await vectorOf(text)).toEqual(together[index]);
    expect(app.logs.join("\n")).not.toMatch(foreign);
  });
});
