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

test("the label is one of those that were asked for", async () => {
  const { status, body } = await post(app.url, "/api/classify", { input: "I like it", labels: ["good", "bad"] });
  assert.equal(status, 200);
  assert.equal(body.data[0].label, "good");
});

test("an answer that is none of the labels is an error, not a label", async () => {
  const { status, body } = await post(app.url, "/api/classify", { input: "I like it", labels: ["up", "down"] });
  assert.deepEqual([status, body.error.code], [502, "no_label"]);
});
