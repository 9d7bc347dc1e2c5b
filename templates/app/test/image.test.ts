import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { post } from "./post.ts";
import { listen, serveApp, type App } from "./serve.ts";

let fal: App;
let app: App;
let submitted = 0;
before(async () => {
  fal = await listen(async (request) => {
    const { pathname } = new URL(request.url);
    const job = `${fal.url}/fal-ai/flux/requests/1`;
    if (request.method === "POST") {
      submitted++;
      return Response.json({
        request_id: "1",
        status_url: `${job}/status`,
        response_url: job,
        cancel_url: `${job}/cancel`,
      });
    }
    if (pathname.endsWith("/status")) return Response.json({ status: "COMPLETED" });
    return Response.json({ images: [{ url: "https://example.com/1.png", content_type: "image/png" }] });
  });
  Object.assign(process.env, { FAL_BASE_URL: fal.url, FAL_KEY: "test" });
  app = await serveApp();
});
after(async () => {
  await app.close();
  await fal.close();
});

test("a job is taken, and its image comes later", async () => {
  const { status, body } = await post(app.url, "/api/image", { prompt: "a lighthouse" });
  assert.equal(status, 202);
  const state = (await (await fetch(new URL(body.status_url, app.url))).json()) as { status: string; data: unknown[] };
  assert.deepEqual([state.status, state.data], ["done", [{ url: "https://example.com/1.png" }]]);
});

test("nobody gets at a job with an id that was not given out", async () => {
  assert.equal((await fetch(`${app.url}/api/image?id=1`)).status, 404);
});

test("a bad request costs nothing", async () => {
  const alreadySubmitted = submitted;
  const { status, body } = await post(app.url, "/api/image", {});
  assert.deepEqual([status, body.error.type, submitted], [400, "invalid_request_error", alreadySubmitted]);
});
