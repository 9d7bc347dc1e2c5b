import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { post } from "./post.ts";
import { serveApp, type App } from "./serve.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

let upstream: Upstream;
let app: App;
before(async () => {
  upstream = await startUpstream();
  app = await serveApp();
});
after(async () => {
  await app.close();
  await upstream.close();
});

test("a vector for each text, in order", async () => {
  const { status, body } = await post(app.url, "/api/embeddings", { input: ["a", "bb"] });
  assert.equal(status, 200);
  assert.deepEqual(
    body.data.map((each: { embedding: number[] }) => each.embedding),
    [
      [1, 1],
      [2, 1],
    ],
  );
});

test("a batch has a result per item", async () => {
  const { status, body } = await post(app.url, "/api/batch", { inputs: ["one", "", "three"] });
  assert.deepEqual([status, body.failed, body.data[1].error.code], [207, 1, "invalid_input"]);
});

test("a caller cannot choose another model", async () => {
  const { status, body } = await post(app.url, "/api/embeddings", { model: "another", input: "a" });
  assert.deepEqual([status, body.error.code], [404, "model_not_found"]);
});
