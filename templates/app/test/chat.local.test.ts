import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import config from "../edge-ai.json" with { type: "json" };
import { post } from "./post.ts";
import { serveApp, type App } from "./serve.ts";

/** The weights are not part of the project: README.md says which file goes there. */
const skip = existsSync(path.resolve(config.model.path, "model.gguf"))
  ? false
  : `no model.gguf in ${config.model.path}`;
const messages = [{ role: "user", content: "Hello" }];

let app: App;
before(async () => {
  app = await serveApp();
});
after(() => app.close());

test("an answer, and what it took", { skip }, async () => {
  const { status, body } = await post(app.url, "/api/chat", { messages, max_tokens: 8 });
  assert.equal(status, 200);
  assert.ok(body.choices[0].message.content.length > 0);
  assert.ok(body.usage.completion_tokens <= 8);
});

test("a stream, to its end", { skip }, async () => {
  const body = JSON.stringify({ messages, max_tokens: 8, stream: true });
  const text = await (await fetch(`${app.url}/api/chat`, { method: "POST", body })).text();
  assert.match(text, /"content"[\s\S]*\[DONE\]/);
});

test("a bad request is told what is wrong, before the model is loaded", async () => {
  const { status, body } = await post(app.url, "/api/chat", { messages: [] });
  assert.deepEqual([status, body.error.type], [400, "invalid_request_error"]);
});
