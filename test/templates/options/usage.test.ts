import { expect, it, onTestFinished, vi } from "vitest";
import type { Handle } from "../../../templates/app/lib/call.ts";
import { DONE, event, load, pass, settled, streamingModel, type Instance } from "./calls.ts";

const ENV = { AI_BASE_URL: "https://provider.test/v1", AI_MODEL: "big" };
const SECRET = "Who was the king of the potato people?";

/** The lines of this test, in order. */
function linesOf(): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  const spy = vi.spyOn(console, "log").mockImplementation((line: string) => lines.push(JSON.parse(line)));
  onTestFinished(() => spy.mockRestore());
  return lines;
}

async function ask(instance: Instance, handle: Handle, init: RequestInit = {}) {
  const call = instance.callOf({ messages: [{ role: "user", content: SECRET }] }, init);
  const answer = pass(call, [await instance.option("usage")], handle);
  return { call, answer };
}

it("writes one line for an answer, without a word of it", async () => {
  const lines = linesOf();
  const instance = await load(ENV);
  const { call, answer } = await ask(
    instance,
    async (each) => {
      each.caller = "abc123";
      Object.assign(each.facts, {
        target: "main",
        attempts: 2,
        promptTokens: 10,
        completionTokens: 5,
        firstContentMs: 3.6,
      });
      return Response.json({ text: SECRET });
    },
    { headers: { authorization: "Bearer secret-key", "x-vercel-id": "fra1::abc" } },
  );
  await answer;
  await settled();
  expect(lines).toEqual([
    {
      type: "usage",
      route: "/api/chat",
      requestId: "fra1::abc",
      caller: "abc123",
      status: 200,
      errorCode: null,
      target: "main",
      attempts: 2,
      promptTokens: 10,
      completionTokens: 5,
      images: null,
      costUsd: null,
      firstContentMs: 4,
      totalMs: expect.any(Number),
      cached: false,
      left: false,
    },
  ]);
  expect(call.isStreaming).toBe(false);
  expect(JSON.stringify(lines)).not.toMatch(/potato|secret-key|provider\.test/);
});

it("writes the line of a stream when it has ended", async () => {
  const lines = linesOf();
  const instance = await load(ENV);
  const { answer } = await ask(instance, streamingModel([event("one"), DONE]).handle);
  const response = await answer;
  await settled();
  expect(lines).toEqual([]);
  await response.text();
  await settled();
  expect(lines).toMatchObject([{ status: 200, target: "main", promptTokens: 7, completionTokens: 3, left: false }]);
});

it("says what a caller was refused with", async () => {
  const lines = linesOf();
  const instance = await load(ENV);
  const refused = async (): Promise<Response> => {
    throw new instance.HttpError(429, "rate_limited", `too many: ${SECRET}`);
  };
  await expect((await ask(instance, refused)).answer).rejects.toThrow("too many");
  const failed = async (): Promise<Response> => {
    throw new Error(SECRET);
  };
  await expect((await ask(instance, failed)).answer).rejects.toThrow(SECRET);
  await settled();
  expect(lines).toMatchObject([
    { status: 429, errorCode: "rate_limited" },
    { status: 500, errorCode: "internal_error" },
  ]);
  expect(JSON.stringify(lines)).not.toContain("potato");
  expect((await instance.deepReport())["usage"]).toMatchObject({ requests: 2, errors: 2 });
});

it("says that the caller left", async () => {
  const lines = linesOf();
  const instance = await load(ENV);
  const leaving = new AbortController();
  const { answer } = await ask(instance, streamingModel().handle, { signal: leaving.signal });
  await answer;
  leaving.abort();
  await settled();
  expect(lines).toMatchObject([{ status: 200, left: true }]);
  expect((await instance.deepReport())["usage"]).toMatchObject({ requests: 1, errors: 0, left: 1 });
});

const model: Handle = async (call) => {
  Object.assign(call.facts, { target: "main", attempts: 1, promptTokens: 1_000, completionTokens: 100 });
  return Response.json({});
};

it("adds up the cost where the target has a price", async () => {
  const lines = linesOf();
  const instance = await load(ENV);
  const { targets } = await import("../../../templates/app/lib/targets.ts");
  const [main] = targets;
  if (main === undefined) throw new Error("AI_BASE_URL makes a target");
  main.price = { input: 2.5, output: 10 };
  await (
    await ask(instance, model)
  ).answer;
  await (
    await ask(instance, async (call) => {
      call.facts.isCached = true;
      return model(call);
    })
  ).answer;
  await settled();
  expect(lines.map(({ costUsd, cached }) => ({ costUsd, cached }))).toEqual([
    { costUsd: 0.0035, cached: false },
    { costUsd: 0, cached: true },
  ]);
  expect((await instance.deepReport())["usage"]).toMatchObject({ costUsd: 0.0035, cached: 1 });
});

const image =
  (imagesUsd: number | null): Handle =>
  async (call) => {
    Object.assign(call.facts, { target: "some-image-model", attempts: 1, images: 2, imagesUsd });
    return Response.json({});
  };

it("counts images by what they cost, and those without a price as unpriced", async () => {
  const lines = linesOf();
  const instance = await load(ENV);
  await (
    await ask(instance, image(0.006))
  ).answer;
  await (
    await ask(instance, image(null))
  ).answer;
  await settled();
  expect(lines.map(({ images, costUsd }) => ({ images, costUsd }))).toEqual([
    { images: 2, costUsd: 0.006 },
    { images: 2, costUsd: null },
  ]);
  expect((await instance.deepReport())["usage"]).toMatchObject({ images: 4, costUsd: 0.006, unpriced: 1 });
});
