import { beforeAll, afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { startFakeProvider, type FakeProvider } from "../../../../src/fake-provider/server.ts";
import { loadRoute, type Loaded } from "./load-route.ts";
import { deadUrl, sendJson, startUpstream } from "./upstream.ts";

let provider: FakeProvider;
beforeAll(async () => {
  provider = await startFakeProvider();
});
afterAll(() => provider.close());
beforeEach(() => {
  vi.spyOn(console, "warn").mockReturnValue();
});

const load = (env: Record<string, string> = {}): Promise<Loaded> =>
  loadRoute("embeddings", { AI_BASE_URL: provider.baseUrl, AI_API_KEY: "k", AI_MODEL: "embedding-model", ...env });
const read = async (route: Loaded, body: object): Promise<{ status: number; target: string | null; body: any }> => {
  const response = await route.post(body);
  return { status: response.status, target: response.headers.get("x-ai-target"), body: await response.json() };
};
const bytesOf = (base64: string): number[] =>
  Array.from(new Float32Array(Uint8Array.from(Buffer.from(base64, "base64")).buffer));

it("gives a vector for each text, in order, as numbers or base64", async () => {
  const route = await load();
  const { status, target, body } = await read(route, { input: ["one", "two"] });
  expect([status, target, body.object, body.model, body.usage.prompt_tokens]).toEqual([
    200,
    "main",
    "list",
    "use-lite",
    2,
  ]);
  expect(body.data.map(({ index }: { index: number }) => index)).toEqual([0, 1]);
  const packed = await read(route, { input: "two", encoding_format: "base64" });
  const [two, packedTwo] = [body.data[1].embedding, bytesOf(packed.body.data[0].embedding)];
  expect(packedTwo).toEqual(two.map(Math.fround));
});

it("passes dimensions on", async () => {
  const { body } = await read(await load(), { input: "one", dimensions: 8 });
  expect(body.data[0].embedding).toHaveLength(8);
});

describe("one vector space: only the same model may stand in", () => {
  it("another host of it does", async () => {
    const { status, target } = await read(
      await load({
        AI_BASE_URL: await deadUrl(),
        LOCAL_BASE_URL: provider.baseUrl,
        LOCAL_API_KEY: "k",
        LOCAL_MODEL: "embedding-model",
      }),
      { input: "one" },
    );
    expect([status, target]).toEqual([200, "local"]);
  });

  it("another model does not", async () => {
    provider.requests.length = 0;
    const { status, body } = await read(
      await load({
        AI_BASE_URL: await deadUrl(),
        LOCAL_BASE_URL: provider.baseUrl,
        LOCAL_API_KEY: "k",
        LOCAL_MODEL: "another-model",
      }),
      { input: "one" },
    );
    expect([status, body.error.code]).toEqual([502, "upstream_unreachable"]);
    expect(provider.requests).toEqual([]);
  });
});

it("puts vectors into the order of the texts, and knows servers that do not know base64", async () => {
  const data = [
    { index: 1, embedding: [0.5, 0.25] },
    { index: 0, embedding: [1, 0] },
  ];
  const upstream = await startUpstream((res) => sendJson(res, 200, { data }));
  const route = await load({ AI_BASE_URL: upstream.baseUrl });
  expect((await read(route, { input: ["a", "b"] })).body.data.map((each: any) => each.embedding)).toEqual([
    [1, 0],
    [0.5, 0.25],
  ]);
  const packed = await read(route, { input: ["a", "b"], encoding_format: "base64" });
  expect(packed.body.data.map((each: any) => bytesOf(each.embedding))).toEqual([
    [1, 0],
    [0.5, 0.25],
  ]);
});

it.each([
  ["a vector is missing", [{ index: 0, embedding: [1] }]],
  [
    "one is there twice",
    [
      { index: 0, embedding: [1] },
      { index: 0, embedding: [1] },
    ],
  ],
  ["there are too many", [0, 1, 2].map((index) => ({ index, embedding: [1] }))],
  [
    "they are not of one length",
    [
      { index: 0, embedding: [1] },
      { index: 1, embedding: [1, 2] },
    ],
  ],
  ["they are empty", [0, 1].map((index) => ({ index, embedding: [] }))],
  ["they are no numbers", [0, 1].map((index) => ({ index, embedding: ["a"] }))],
])("is no answer when %s", async (_, data) => {
  const upstream = await startUpstream((res) => sendJson(res, 200, { data }));
  const { status, body } = await read(await load({ AI_BASE_URL: upstream.baseUrl }), { input: ["a", "b"] });
  expect([status, body.error.code]).toEqual([502, "upstream_bad_answer"]);
});

it.each(["error-once", "reset", "hang", "empty", "empty-content", "bad-json", "error-body"])(
  "survives %s of the first host",
  async (fault) => {
    const env = { AI_MODEL: `fault:${fault}`, LOCAL_MODEL: `fault:${fault}`, AI_FIRST_CONTENT_MS: "800" };
    const { status, body } = await read(await load(env), { input: `text for ${fault}` });
    expect(fault === "error-once" ? status === 200 : status >= 502 && body.error.code.startsWith("upstream_")).toBe(
      true,
    );
  },
);

it.each([
  [{ input: "" }, 400, "invalid_input"],
  [{ input: [] }, 400, "invalid_input"],
  [{ input: [1] }, 400, "invalid_input"],
  [{}, 400, "invalid_input"],
  [{ input: "x".repeat(32_769) }, 400, "input_too_long"],
  [{ input: "x", model: "other" }, 404, "model_not_found"],
  [{ input: "x", encoding_format: "int8" }, 400, "invalid_encoding_format"],
])("refuses %j", async (body, status, code) => {
  const answer = await read(await load(), body);
  expect([answer.status, answer.body.error.code]).toEqual([status, code]);
});
