// What /api/batch sends to the function that has the model, which is a made-up one here: how often, and when no more.
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { templateClosure } from "../../src/scaffold/closure.ts";
import { loadRoute, type Loaded } from "../unit/templates/core/load-route.ts";
import { sendJson, startUpstream, type Upstream } from "../unit/templates/core/upstream.ts";

const CONCURRENCY = 4;
/** Of a full batch: 2,000 items in chunks of 16. */
const CHUNKS = 125;
const ALL = Array.from({ length: 2_000 }, (_, index) => `text ${index}`);
const ERROR = { error: { code: "why", message: "because" } };

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: object;
}

let batch: Loaded;
beforeEach(async () => {
  batch = await loadRoute("batch");
});

/** The function that has the model. */
function startModel(answerTo: (input: string[], time: number) => Answer | Promise<Answer>): Promise<Upstream> {
  let time = 0;
  return startUpstream(async (res, { body }) => {
    const { status, headers, body: said } = await answerTo(body.input, time++);
    res.writeHead(status, { "content-type": "application/json", ...headers });
    res.end(JSON.stringify(said ?? ERROR));
  });
}

function good(input: string[]): Answer {
  return { status: 200, body: { data: input.map((text) => ({ object: "embedding", embedding: [text.length] })) } };
}

async function send(
  { baseUrl }: Upstream,
  inputs: unknown[],
  signal?: AbortSignal,
): Promise<{ status: number; headers: Headers; body: any }> {
  const url = new URL("/api/batch", baseUrl);
  const request = new Request(url, { method: "POST", body: JSON.stringify({ inputs }), ...(signal && { signal }) });
  const response = await batch.fetch(request);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const codesIn = (data: { error?: { code: string } }[]): Set<string | undefined> =>
  new Set(data.map(({ error }) => error?.code));

describe("what holds for all items", () => {
  it.each([401, 403, 404])("%d ends the batch with that status, and the rest is not sent", async (status) => {
    const model = await startModel(() => ({ status, headers: { "www-authenticate": "Bearer" } }));
    const answer = await send(model, ALL);
    expect([answer.status, answer.body]).toEqual([status, { error: expect.objectContaining(ERROR.error) }]);
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    expect(model.asked.length).toBeLessThanOrEqual(CONCURRENCY);
  });

  it("ends requests that are still underway", async () => {
    const isCut = Promise.withResolvers<void>();
    const model = await startUpstream((res, { body: { input } }) => {
      // The first chunk is never answered.
      if (input.includes(ALL[0])) res.on("close", () => isCut.resolve());
      else sendJson(res, 403, ERROR);
    });
    expect((await send(model, ALL)).status).toBe(403);
    await isCut.promise;
  });

  it("is told also when the answer is no JSON", async () => {
    const model = await startUpstream((res) =>
      res.writeHead(401, { "content-type": "text/html" }).end("<p>Log in</p>"),
    );
    const { status, body } = await send(model, ALL);
    expect([status, body.error.code]).toEqual([401, "failed"]);
  });
});

describe("a model that is busy", () => {
  it.each([
    [429, "30"],
    [429, ""],
    [503, "5"],
    [503, "soon"],
  ])("for long, %d with retry-after %j: all items fail with that, and no more is sent", async (status, retryAfter) => {
    const headers: Record<string, string> = retryAfter === "" ? {} : { "retry-after": retryAfter };
    const model = await startModel(() => ({ status, headers }));
    const answer = await send(model, ALL);
    expect([answer.status, answer.body.failed, codesIn(answer.body.data)]).toEqual([207, 2_000, new Set(["why"])]);
    expect(model.asked.length).toBeLessThanOrEqual(CONCURRENCY);
  });

  it("for a moment is waited for, once, and asked again", async () => {
    let [freeAtMs, refused] = [Infinity, 0];
    const model = await startModel((input, time) => {
      // A little less than it says: timers may be early by a millisecond.
      if (time === 0) freeAtMs = performance.now() + 900;
      if (performance.now() >= freeAtMs) return good(input);
      refused += 1;
      return { status: 429, headers: { "retry-after": "1" } };
    });
    const answer = await send(model, ALL);
    expect([answer.status, answer.body.failed]).toEqual([200, 0]);
    expect(answer.body.data.map(({ index }: { index: number }) => index)).toEqual(ALL.map((_, index) => index));
    expect(model.asked).toHaveLength(CHUNKS + refused);
    expect(refused).toBeLessThanOrEqual(CONCURRENCY);
  });

  it("keeps what was answered before, and fails the rest when it is busy again after the wait", async () => {
    const model = await startModel((input, time) =>
      time < 10 ? good(input) : { status: 429, headers: { "retry-after": "0" } },
    );
    const { status, body } = await send(model, ALL);
    expect([status, body.failed]).toEqual([207, 2_000 - 10 * 16]);
    expect(codesIn(body.data)).toEqual(new Set([undefined, "why"]));
    expect(model.asked.length).toBeLessThanOrEqual(10 + 2 * CONCURRENCY);
  });
});

describe("items that are bad", () => {
  it("fail alone", async () => {
    const model = await startModel((input) => (input.includes("bad") ? { status: 422 } : good(input)));
    const { status, body } = await send(model, ALL.with(20, "bad"));
    expect([status, body.failed, body.data[20].error]).toEqual([207, 1, ERROR.error]);
    expect(body.data[21]).toEqual({ index: 21, embedding: ["text 21".length] });
    expect(model.asked).toHaveLength(CHUNKS + 16);
  });

  it("need no request when they are no text", async () => {
    const model = await startModel(good);
    const { body } = await send(model, ["one", "", 3, "four", null]);
    expect(body.data.map(({ error }: { error?: { code: string } }) => error?.code)).toEqual([
      undefined,
      "invalid_input",
      "invalid_input",
      undefined,
      "invalid_input",
    ]);
    expect(model.asked.map(({ body: { input } }) => input)).toEqual([["one", "four"]]);
  });

  it("are tried alone up to a number, so that one request never becomes 2,125", async () => {
    const model = await startModel(() => ({ status: 400 }));
    const { body } = await send(model, ALL);
    expect([body.failed, codesIn(body.data)]).toEqual([2_000, new Set(["why", "refused_together"])]);
    expect(model.asked).toHaveLength(CHUNKS + 400);
  });

  it("are not tried alone when the model fails: that has another reason", async () => {
    const model = await startModel(() => ({ status: 500 }));
    const { body } = await send(model, ALL.slice(0, 32));
    expect([body.failed, codesIn(body.data)]).toEqual([32, new Set(["why"])]);
    expect(model.asked).toHaveLength(2);
  });
});

it("sends nothing more, and logs no error, when the caller leaves", async () => {
  const leaving = new AbortController();
  const model = await startModel(async (input) => {
    leaving.abort();
    return good(input);
  });
  const logged = vi.spyOn(console, "error");
  onTestFinished(() => logged.mockRestore());
  const { status, body } = await send(model, ALL, leaving.signal);
  expect([status, body.error.code]).toEqual([499, "client_closed_request"]);
  expect(logged).not.toHaveBeenCalled();
  expect(model.asked.length).toBeLessThanOrEqual(CONCURRENCY);
});

it.each(["chat", "image"])("has no batch in an app for %s, and says so", async (task) => {
  const dir = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai-batch-")));
  onTestFinished(() => fs.rm(dir, { recursive: true, force: true }));
  const { files } = await templateClosure(["api/batch.ts"], "external");
  for (const [inside, file] of files) {
    await fs.mkdir(path.dirname(path.join(dir, inside)), { recursive: true });
    await fs.copyFile(file, path.join(dir, inside));
  }
  await fs.writeFile(
    path.join(dir, "edge-ai.json"),
    JSON.stringify({ task, mode: "external", model: { id: "some/model" } }),
  );
  const model = await startUpstream((res) => sendJson(res, 200, {}));
  const other = (await import(pathToFileURL(path.join(dir, "api/batch.ts")).href)).default;
  const request = new Request(new URL("/api/batch", model.baseUrl), { method: "POST", body: '{"inputs":["x"]}' });
  const response: Response = await other.fetch(request);
  const body = (await response.json()) as { error: { code: string; message: string } };
  expect([response.status, body.error.code]).toEqual([404, "no_batch"]);
  expect(body.error.message).toContain(task);
  expect(model.asked).toHaveLength(0);
});
