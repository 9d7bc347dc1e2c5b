import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { post as send } from "./post.ts";
import { serveApp, type App } from "./serve.ts";

let app: App;
before(async () => {
  app = await serveApp();
});
after(() => app.close());

const post = (path: string, body: unknown): ReturnType<typeof send> => send(app.url, path, body);
const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);

test("similar sentences get similar vectors", async () => {
  const { status, body } = await post("/api/embeddings", {
    input: ["the cat sat on the mat", "a feline on the rug", "stock prices fell"],
  });
  assert.equal(status, 200);
  const [cat, feline, stocks] = body.data.map((each: { embedding: number[] }) => each.embedding);
  assert.ok(dot(cat, feline) > dot(cat, stocks) + 0.2);
  assert.ok(Math.abs(dot(cat, cat) - 1) < 1e-5);
});

test("base64 holds the same vector as float", async () => {
  const float = await post("/api/embeddings", { input: "hello" });
  const base64 = await post("/api/embeddings", { input: "hello", encoding_format: "base64" });
  const bytes = Buffer.from(base64.body.data[0].embedding, "base64");
  const vector = Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
  assert.deepEqual(vector, float.body.data[0].embedding);
});

test("bad requests are told what is wrong", async () => {
  const codes = await Promise.all(
    [
      { input: "" },
      { input: [] },
      { input: [1] },
      {},
      { input: "x", model: "other" },
      { input: "x", dimensions: 3 },
      [],
    ].map(async (body) => {
      const answer = await post("/api/embeddings", body);
      return [answer.status, answer.body.error.code];
    }),
  );
  assert.deepEqual(codes, [
    [400, "invalid_input"],
    [400, "invalid_input"],
    [400, "invalid_input"],
    [400, "invalid_input"],
    [404, "model_not_found"],
    [400, "unsupported_dimensions"],
    [400, "invalid_body"],
  ]);
});

test("a batch has a result per item, in order", async () => {
  const { status, body } = await post("/api/batch", { inputs: ["one", "", "three"] });
  assert.equal(status, 207);
  assert.equal(body.failed, 1);
  assert.equal(body.data[0].embedding.length, body.data[2].embedding.length);
  assert.equal(body.data[1].error.code, "invalid_input");
});

test("prefetch warms the embeddings function", async () => {
  const response = await fetch(`${app.url}/api/prefetch`);
  assert.equal(response.status, 200);
  assert.equal(((await response.json()) as { warmed: string }).warmed, "/api/embeddings");
});

test("health says who answers", async () => {
  const response = await fetch(`${app.url}/api/health`);
  const { version, status, task } = (await response.json()) as Record<string, unknown>;
  assert.deepEqual({ version, status, task }, { version: 1, status: "ok", task: "embeddings" });
  assert.equal(response.headers.get("cache-control"), "no-store");
});
