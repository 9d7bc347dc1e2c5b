import http from "node:http";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startFakeProvider, type FakeProvider } from "../../../src/fake-provider/server.ts";
import { eventsOf, observe } from "./observe.ts";

let provider: FakeProvider;
let client: OpenAI;
beforeAll(async () => {
  provider = await startFakeProvider({ firstTokenMs: 1, tokenMs: 1, tokens: 8 });
  client = new OpenAI({ baseURL: provider.baseUrl, apiKey: "any", maxRetries: 0 });
});
afterAll(() => provider.close());

const model = "main-model";
const messages = [{ role: "user" as const, content: "Tell me of the sea." }];

const usages = async (include: boolean): Promise<unknown[]> => {
  const stream_options = include ? { include_usage: true } : undefined;
  const body = { model, messages, stream: true, stream_options };
  const { text } = await observe(`${provider.baseUrl}/chat/completions`, { body });
  return eventsOf(text).flatMap((event) => (event === "[DONE]" ? [] : [JSON.parse(event).usage]));
};

describe("chat", () => {
  it("gives OpenAI's client the same text in both forms, and the same each time", async () => {
    const texts: string[] = [];
    for (let round = 0; round < 2; round++) {
      const { choices, usage } = await client.chat.completions.create({ model, messages });
      expect(choices[0]?.finish_reason).toBe("stop");
      expect(usage).toMatchObject({ completion_tokens: 8 });
      texts.push(choices[0]?.message.content ?? "");
    }
    let streamed = "";
    for await (const { choices } of await client.chat.completions.create({ model, messages, stream: true })) {
      streamed += choices[0]?.delta.content ?? "";
    }
    expect(texts[0]?.split(" ")).toHaveLength(8);
    expect([texts[1], streamed]).toEqual([texts[0], texts[0]]);
    const other = await client.chat.completions.create({
      model,
      messages: [{ role: "user", content: "And the land?" }],
    });
    expect(other.choices[0]?.message.content).not.toBe(texts[0]);
  });

  it("counts tokens in a stream only for who asks", async () => {
    const [asked, silent] = [await usages(true), await usages(false)];
    expect(asked.slice(0, -1).every((usage) => usage === null)).toBe(true);
    expect(asked.at(-1)).toMatchObject({ completion_tokens: 8, total_tokens: expect.any(Number) });
    expect(silent.every((usage) => usage === undefined)).toBe(true);
  });

  it("is as short as it has to be", async () => {
    const { choices } = await client.chat.completions.create({ model, messages, max_tokens: 3 });
    expect([choices[0]?.finish_reason, choices[0]?.message.content?.split(" ").length]).toEqual(["length", 3]);
  });

  it("keeps a JSON schema", async () => {
    const schema = {
      type: "object",
      properties: {
        label: { enum: ["good", "bad"] },
        score: { type: "number", minimum: 0, maximum: 1 },
        tags: { type: "array", items: { type: "string" }, minItems: 2 },
      },
    };
    const { choices } = await client.chat.completions.create({
      model,
      messages,
      response_format: { type: "json_schema", json_schema: { name: "answer", schema } },
    });
    const value = JSON.parse(choices[0]?.message.content ?? "");
    expect(value).toEqual({
      label: expect.stringMatching(/^(good|bad)$/),
      score: expect.any(Number),
      tags: [expect.any(String), expect.any(String)],
    });
    expect(value.score).toBeGreaterThanOrEqual(0);
    expect(value.score).toBeLessThanOrEqual(1);
  });

  it("takes its time", async () => {
    const slow = await startFakeProvider({ firstTokenMs: 100, tokenMs: 20, tokens: 4 });
    const body = { model, messages, stream: true };
    const startMs = performance.now();
    const response = await fetch(`${slow.baseUrl}/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer any" },
      body: JSON.stringify(body),
    });
    expect(performance.now() - startMs).toBeGreaterThan(95);
    await response.text();
    expect(performance.now() - startMs).toBeGreaterThan(155);
    await slow.close();
  });
});

const embed = async (input: string[], dimensions?: number): Promise<number[][]> => {
  const { data } = await client.embeddings.create({ model, input, ...(dimensions !== undefined && { dimensions }) });
  return data.map(({ embedding }) => embedding);
};
const dot = (a: number[] = [], b: number[] = []): number => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);

describe("embeddings", () => {
  it("are unit vectors that depend on the text alone, and are near for texts that share words", async () => {
    const [cat, again, dog, far] = await embed([
      "the cat sleeps",
      "the cat sleeps",
      "the dog sleeps",
      "prices fell today",
    ]);
    expect(cat).toHaveLength(64);
    expect(Math.hypot(...(cat ?? []))).toBeCloseTo(1, 5);
    expect(again).toEqual(cat);
    expect(dot(cat, dog)).toBeGreaterThan(dot(cat, far));
    expect((await embed(["the cat sleeps"]))[0]).toEqual(cat);
    expect((await embed(["x"], 7))[0]).toHaveLength(7);
  });
});

async function statusWith(authorization: string): Promise<number | null> {
  return (await observe(`${provider.baseUrl}/models`, { method: "GET", headers: { authorization } })).status;
}

async function statusOf(path: string, body: object): Promise<number | null> {
  return (await observe(`${provider.baseUrl}${path}`, { body })).status;
}

describe("the provider", () => {
  it("lists its models", async () => {
    expect((await client.models.list()).data.map(({ id }) => id)).toContain("main-model");
  });

  it("wants a key, and any will do", async () => {
    expect([
      await statusWith(""),
      await statusWith("Bearer "),
      await statusWith("Bearer x"),
      await statusWith("Key x"),
    ]).toEqual([401, 401, 200, 200]);
  });

  it("notes what it was asked", async () => {
    const before = provider.requests.length;
    await client.chat.completions.create({ model, messages }, { headers: { "x-mark": "1" } });
    expect(provider.requests.slice(before)).toEqual([
      {
        path: "/v1/chat/completions",
        method: "POST",
        headers: expect.objectContaining({ "x-mark": "1" }),
        body: { model, messages },
        atMs: expect.any(Number),
        abortedAtMs: null,
      },
    ]);
  });

  it("answers to no other name than this machine's: a page elsewhere could ask with its own", async () => {
    expect((await observe(provider.url, { method: "GET", headers: { host: "evil.example" } })).status).toBe(403);
  });

  it("refuses what is not a request for a model", async () => {
    expect(await statusOf("/chat/completions", { model })).toBe(400);
    expect(await statusOf("/embeddings", { model, input: [] })).toBe(400);
    expect(await statusOf("/nothing", {})).toBe(404);
  });

  it("survives a path that is no path", async () => {
    const answered = new Promise((resolve, reject) => {
      http
        .get({ port: new URL(provider.url).port, path: "//" }, ({ statusCode }) => resolve(statusCode))
        .on("error", reject);
    });
    expect(await answered).toBe(200);
  });

  it("says which port is in use", async () => {
    const port = Number(new URL(provider.url).port);
    await expect(startFakeProvider({ port })).rejects.toMatchObject({ code: "PORT" });
  });

  it("ends with open answers", async () => {
    const own = await startFakeProvider();
    const body = { model: "fault:hang", messages };
    const left = new Promise((resolve) => {
      const request = http.request(`${own.baseUrl}/chat/completions`, {
        method: "POST",
        headers: { authorization: "Bearer x" },
      });
      request.on("error", resolve);
      request.end(JSON.stringify(body));
    });
    await expect.poll(() => own.requests.length).toBe(1);
    await own.close();
    expect(await left).toBeInstanceOf(Error);
  });
});
