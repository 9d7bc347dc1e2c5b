// One source tree, one provider, two runtimes: what OpenAI's client gets on workerd is what it gets on our host.
import type OpenAI from "openai";
import type { APIError } from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startFakeProvider, type FakeProvider } from "../../src/fake-provider/server.ts";
import { CRON, KEY, makeApp, removeApps, type Runtime } from "./app.ts";
import { both, clientOf, closeBoth, OTHER_KEY, refusal, serveBoth, VERSION, type Pair } from "./pair.ts";

let provider: FakeProvider;
beforeAll(async () => {
  provider = await startFakeProvider({ tokens: 12 });
});
afterAll(() => Promise.all([provider.close(), removeApps()]));

const ask = (content: string): OpenAI.Chat.ChatCompletionCreateParamsNonStreaming => ({
  model: "llama-3.1-8b-instruct",
  temperature: 0,
  messages: [{ role: "user", content }],
});
const health = ({ url }: Runtime): Promise<any> => fetch(`${url}/api/health`).then((response) => response.json());
const stranger = (runtime: Runtime): Promise<object> =>
  refusal(clientOf(runtime, "a-key-of-nobody").chat.completions.create(ask("x")));

/** The lines of lib/usage.ts, but for what is never the same. */
function linesOf({ logs }: Runtime): string[] {
  return logs
    .filter((line) => line.includes('"type":"usage"'))
    .map((line) => JSON.parse(line.slice(line.indexOf("{"))))
    .map(({ route, status, target, promptTokens, completionTokens, errorCode, cached }) =>
      JSON.stringify([route, status, target, promptTokens, completionTokens, errorCode, cached]),
    );
}

async function routesOf({ url }: Runtime): Promise<string[]> {
  const response = await fetch(`${url}/api/health?deep=1`, { headers: { authorization: `Bearer ${KEY}` } });
  return Object.keys(((await response.json()) as { routes: object }).routes);
}

describe("a chat app on both runtimes", () => {
  let pair: Pair;
  beforeAll(async () => {
    const flags = ["--task", "chat", "--mode", "external", "--model", "llama-3.1-8b-instruct"];
    const dir = await makeApp([...flags, "--latency-budget", "20000"], ["cache", "rate-limit", "queue"]);
    pair = await serveBoth(dir, provider);
  }, 60_000);
  afterAll(() => closeBoth(pair));

  it("says in the health document which version it is: of a Worker the version's id, of a build its hash", async () => {
    const [ours, workers] = await both(pair, health);
    expect(workers).toEqual({ ...ours, buildId: VERSION });
    expect(ours.buildId).toMatch(/^[0-9a-f]{16}$/);
  });

  it("answers whole, and the second time from its cache", async () => {
    const answers = await both(pair, async (runtime) => {
      const create = (): Promise<any> => clientOf(runtime).chat.completions.create(ask("whole")).withResponse();
      const [first, second] = [await create(), await create()];
      const header = (name: string): string[] => [first, second].map(({ response }) => response.headers.get(name));
      return { data: [first.data, second.data], cache: header("x-ai-cache"), target: header("x-ai-target") };
    });
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[1]).toMatchObject({ cache: ["miss", "hit"], target: ["main", "main"] });
    expect(answers[1].data[0].choices[0].message.content.split(" ")).toHaveLength(12);
  });

  it("streams the same, piece by piece", async () => {
    const [ours, workers] = await both(pair, async (runtime) => {
      const stream = await clientOf(runtime).chat.completions.create({ ...ask("streamed"), stream: true });
      const chunks: OpenAI.Chat.ChatCompletionChunk[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      return chunks;
    });
    expect(workers).toEqual(ours);
    expect(workers.length).toBeGreaterThan(10);
  });

  it.each([
    ["an unknown model", { ...ask("x"), model: "gpt-none" }, 404],
    ["no messages", { ...ask("x"), messages: [] }, 400],
    ["too many choices", { ...ask("x"), n: 9 }, 400],
    ["a parameter that would choose where the key goes", { ...ask("x"), api_base: "http://evil.example" }, 400],
    ["what the provider fails at", { ...ask("x"), model: "fault:error" }, 502],
  ])("refuses %s in the same words", async (_what, body, status) => {
    const [ours, workers] = await both(pair, (runtime) =>
      refusal(clientOf(runtime).chat.completions.create(body as any)),
    );
    expect(workers).toEqual(ours);
    expect(workers).toMatchObject({ status });
  });

  it("refuses who has no key, and who asks too often", async () => {
    const [ours, workers] = await both(pair, stranger);
    expect(workers).toEqual(ours);
    expect(workers).toMatchObject({ status: 401, code: "invalid_api_key" });
    const statuses = await both(pair, async (runtime) => {
      const client = clientOf(runtime, OTHER_KEY);
      const many = Array.from({ length: 60 }, () =>
        client.chat.completions.create(ask("often")).then(
          () => "ok",
          (error: APIError) => error.code,
        ),
      );
      return Promise.all(many);
    });
    for (const each of statuses) expect(new Set(each)).toEqual(new Set(["ok", "rate_limited"]));
    expect(statuses[1].filter((each) => each === "ok").length).toBeGreaterThanOrEqual(40);
  });

  it("runs the crons of vercel.json, as Monday's and with their secret", async () => {
    const { worker } = pair.worker;
    const before = provider.requests.length;
    expect(await worker.scheduled("0 5 * * MON")).toBe("ok");
    expect(provider.requests.slice(before).map(({ path }) => path)).toContain("/v1/models");
    expect(await worker.scheduled("1 2 3 4 *")).not.toBe("ok");
    const [ours, workers] = await both(pair, async ({ url }) => (await fetch(`${url}${CRON.path}`)).status);
    expect([ours, workers]).toEqual([401, 401]);
  });

  it("serves its page, and says 404 for what is not there", async () => {
    const [ours, workers] = await both(pair, ({ url }) => fetch(url).then((response) => response.text()));
    expect(workers).toBe(ours);
    const statuses = await both(pair, async ({ url }) => [
      (await fetch(`${url}/nothing`)).status,
      (await fetch(`${url}/api/nothing`)).status,
      (await fetch(`${url}/api/chat`)).status,
    ]);
    expect(statuses).toEqual([
      [404, 404, 405],
      [404, 404, 405],
    ]);
  });

  it("writes the same line of usage for each", async () => {
    const [ours, workers] = [pair.host, pair.worker].map(linesOf);
    expect(workers?.slice(0, 9)).toEqual(ours?.slice(0, 9));
    expect(workers?.length).toBeGreaterThan(9);
  });
});

describe("a hybrid embeddings app on both runtimes", () => {
  let pair: Pair;
  beforeAll(async () => {
    const dir = await makeApp(
      ["--task", "embeddings", "--mode", "hybrid", "--model", "bge-small-en-v1.5", "--latency-budget", "20000"],
      ["cache", "batching"],
    );
    pair = await serveBoth(dir, provider);
  }, 60_000);
  afterAll(() => closeBoth(pair));

  it.each(["float", "base64"] as const)("gives the same vectors, as %s", async (format) => {
    const input = ["The cat sat on the mat.", "The stock market fell."];
    const [ours, workers] = await both(pair, (runtime) =>
      clientOf(runtime).embeddings.create({ model: "bge-small-en-v1.5", input, encoding_format: format }),
    );
    expect(workers).toEqual(ours);
    expect(workers.data).toHaveLength(2);
  });

  it("answers a batch, which asks the app itself", async () => {
    const inputs = Array.from({ length: 40 }, (_, index) => (index === 7 ? "" : `text number ${index}`));
    const [ours, workers] = await both(pair, async ({ url }) => {
      const response = await fetch(`${url}/api/batch`, {
        method: "POST",
        headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
        body: JSON.stringify({ inputs }),
      });
      return { status: response.status, body: (await response.json()) as { results: object[] } };
    });
    expect(workers).toEqual(ours);
    expect(workers.status).toBe(207);
  });

  it("tells who may know how its function is, by asking the app itself", async () => {
    expect(await both(pair, routesOf)).toEqual([["/api/embeddings"], ["/api/embeddings"]]);
  });
});

describe("an image app on both runtimes", () => {
  let pair: Pair;
  beforeAll(async () => {
    const dir = await makeApp(["--task", "image", "--mode", "external", "--model", "flux.1-schnell"]);
    const more = { FAL_KEY: "key-of-fal", FAL_BASE_URL: provider.falUrl, FAL_JWKS_URL: provider.jwksUrl };
    pair = await serveBoth(dir, provider, more);
  }, 60_000);
  afterAll(() => closeBoth(pair));

  it("makes an image for OpenAI's client", async () => {
    const [ours, workers] = await both(pair, (runtime) =>
      clientOf(runtime).images.generate({ model: "flux.1-schnell", prompt: "a milestone" }),
    );
    expect(workers.data).toHaveLength(1);
    expect(Object.keys(workers)).toEqual(Object.keys(ours));
  });

  it("takes webhooks that fal has signed, and no others", async () => {
    const statuses = await both(pair, async ({ url }) => {
      const body = JSON.stringify({ status: "OK", payload: { images: [{ url: "https://example.com/1.png" }] } });
      const headers = provider.signer.headers("request-1", body, Date.now());
      const send = (text: string): Promise<number> =>
        fetch(`${url}/api/image-webhook`, { method: "POST", headers, body: text }).then(({ status }) => status);
      return Promise.all([send(body), send(body), send(`${body} `)]);
    });
    expect(statuses).toEqual([
      [200, 200, 401],
      [200, 200, 401],
    ]);
  });
});
