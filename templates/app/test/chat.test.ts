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

const messages = [{ role: "user", content: "hello" }];

test("an answer, and who gave it", async () => {
  const { status, headers, body } = await post(app.url, "/api/chat", { messages });
  assert.equal(status, 200);
  assert.equal(body.choices[0].message.content, "good");
  assert.equal(headers.get("x-ai-target"), "main");
});

test("a stream, to its end", async () => {
  const response = await fetch(`${app.url}/api/chat`, {
    method: "POST",
    body: JSON.stringify({ stream: true, messages }),
  });
  const text = await response.text();
  assert.match(response.headers.get("content-type") ?? "", /text\/event-stream/);
  assert.match(text, /"go"[\s\S]*"od"[\s\S]*\[DONE\]/);
});

test("a caller cannot choose another model", async () => {
  const { status, body } = await post(app.url, "/api/chat", { model: "another", messages });
  assert.deepEqual([status, body.error.code], [404, "model_not_found"]);
});

test("what the endpoint refuses for good is an error with a reason, and nothing of the endpoint's own words", async () => {
  upstream.fail = 401;
  const { status, body } = await post(app.url, "/api/chat", { messages });
  upstream.fail = null;
  assert.equal(status, 502);
  assert.equal(body.error.type, "server_error");
  assert.notEqual(body.error.message, "no");
});
