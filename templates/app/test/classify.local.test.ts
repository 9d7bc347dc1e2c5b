import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { post } from "./post.ts";
import { serveApp, type App } from "./serve.ts";

let app: App;
before(async () => {
  app = await serveApp();
});
after(() => app.close());

test("texts get the label of their kind", async () => {
  const input = ["What a lovely day, thank you!", "This is broken and useless."];
  const { status, body } = await post(app.url, "/api/classify", { input, labels: ["praise", "complaint"] });
  assert.equal(status, 200);
  for (const { scores } of body.data) {
    const sum = scores.reduce((total: number, { score }: { score: number }) => total + score, 0);
    assert.ok(Math.abs(sum - 1) < 1e-4);
  }
});

test("a batch has a result per item, in order", async () => {
  const { status, body } = await post(app.url, "/api/batch", { inputs: ["one", "", "three"] });
  assert.deepEqual([status, body.failed, typeof body.data[0].label], [207, 1, "string"]);
  assert.equal(body.data[1].index, 1);
});

test("bad requests are told what is wrong", async () => {
  for (const bad of [{}, { input: "" }, { input: [] }, { input: "x", labels: [] }, { input: "x", labels: [1] }]) {
    const { status, body } = await post(app.url, "/api/classify", bad);
    assert.deepEqual([status, body.error.type], [400, "invalid_request_error"]);
  }
});
