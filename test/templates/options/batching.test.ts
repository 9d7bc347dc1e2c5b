import { expect, it } from "vitest";
import type { Call, Handle } from "../../../templates/app/lib/call.ts";
import { load, pass, refusal, settled, type Instance } from "./calls.ts";

/** Embeds a text as its length, says so backwards, and refuses the text "bad". */
function embedder(instance: Instance) {
  const model = {
    inputs: [] as unknown[][],
    calls: [] as Call[],
    handle: (async (call) => {
      const input = [call.body["input"]].flat();
      model.inputs.push(input);
      model.calls.push(call);
      if (input.includes("bad")) throw new instance.HttpError(400, "invalid_input", "bad");
      if (input.includes("down")) throw new instance.HttpError(502, "upstream_error", "down");
      const data = input.map((text, index) => ({ object: "embedding", index, embedding: [String(text).length] }));
      const tokens = 10 * input.length;
      Object.assign(call.facts, { target: "main", attempts: 1, promptTokens: tokens });
      const usage = { prompt_tokens: tokens, total_tokens: tokens };
      return Response.json(
        { object: "list", data: data.toReversed(), model: "m", usage },
        { headers: { "x-ai-target": "main" } },
      );
    }) satisfies Handle,
  };
  return model;
}

const lengths = async (answer: Promise<Response>) => {
  const { data } = (await (await answer).json()) as { data: { index: number; embedding: number[] }[] };
  return data.map(({ index, embedding }) => [index, embedding[0]]);
};

async function start() {
  const instance = await load();
  const batching = await instance.option("batching");
  const model = embedder(instance);
  const send = (body: Record<string, unknown>, init: RequestInit = {}, handle: Handle = model.handle) => {
    const call = instance.callOf(body, init, "/api/embeddings");
    return { call, answer: pass(call, [batching], handle) };
  };
  return { instance, model, send };
}

it("sends calls that come together as one, and gives each its own", async () => {
  const { model, send } = await start();
  const calls = [send({ input: "a" }), send({ input: ["bb", "ccc"] }), send({ input: "a" })];
  expect(await Promise.all(calls.map(({ answer }) => lengths(answer)))).toEqual([
    [[0, 1]],
    [
      [0, 2],
      [1, 3],
    ],
    [[0, 1]],
  ]);
  expect(model.inputs).toEqual([["a", "bb", "ccc", "a"]]);
});

it("divides the tokens, to the last one", async () => {
  const { send } = await start();
  const calls = ["a", "bb", "cccc"].map((input) => send({ input }));
  const usages = await Promise.all(
    calls.map(async ({ answer }) => ((await (await answer).json()) as { usage: { prompt_tokens: number } }).usage),
  );
  expect(usages.map((usage) => usage.prompt_tokens)).toEqual([4, 9, 17]);
  expect(calls.map(({ call }) => call.facts.promptTokens)).toEqual([4, 9, 17]);
  expect(calls[2]!.call.facts).toMatchObject({ target: "main", attempts: 1, isCached: false });
});

it("a call that is alone goes as it is", async () => {
  const { model, send } = await start();
  const { call, answer } = send({ input: "a" });
  expect((await answer).status).toBe(200);
  expect(model.calls).toEqual([call]);
});

it("does not mix models, formats or dimensions", async () => {
  const { model, send } = await start();
  const bodies = [{}, { model: "n" }, { encoding_format: "base64" }, { dimensions: 8 }, { dimensions: 8 }];
  await Promise.all(bodies.map((body) => send({ ...body, input: "a" }).answer));
  expect(model.inputs.map(({ length }) => length).toSorted((a, b) => a - b)).toEqual([1, 1, 1, 2]);
});

it("is split by count", async () => {
  const { model, send } = await start();
  const calls = Array.from({ length: 6 }, (_, index) =>
    send({ input: Array.from({ length: 100 }, () => "x".repeat(index + 1)) }),
  );
  const answers = await Promise.all(calls.map(({ answer }) => lengths(answer)));
  expect(answers.map((each) => [each.length, each[99]])).toEqual(
    [1, 2, 3, 4, 5, 6].map((length) => [100, [99, length]]),
  );
  expect(model.inputs.map(({ length }) => length)).toEqual([200, 200, 200]);
});

it("is split by characters", async () => {
  const { model, send } = await start();
  await Promise.all(Array.from({ length: 4 }, () => send({ input: "x".repeat(40_000) }).answer));
  expect(model.inputs.map(({ length }) => length)).toEqual([2, 2]);
});

it("a bad input fails alone", async () => {
  const { model, send } = await start();
  const [good, bad, fine] = [send({ input: "a" }), send({ input: "bad" }), send({ input: "ccc" })];
  expect(await lengths(good.answer)).toEqual([[0, 1]]);
  expect(await refusal(bad.answer)).toMatchObject({ status: 400, code: "invalid_input" });
  expect(await lengths(fine.answer)).toEqual([[0, 3]]);
  expect(model.inputs).toHaveLength(4);
});

it("a failure of the model is not asked for again", async () => {
  const { model, send } = await start();
  const calls = [send({ input: "a" }), send({ input: "down" })];
  for (const { answer } of calls) expect(await refusal(answer)).toMatchObject({ status: 502 });
  expect(model.inputs).toHaveLength(1);
});

it.each<[string, unknown]>([
  ["one too few", { data: [{ index: 0, embedding: [1] }] }],
  [
    "the same twice",
    {
      data: [
        { index: 0, embedding: [1] },
        { index: 0, embedding: [1] },
      ],
    },
  ],
  ["no places", { data: [{ embedding: [1] }, { embedding: [1] }] }],
  ["another shape", { vectors: [] }],
])("nobody gets a vector from an answer with %s", async (_, document) => {
  const { send } = await start();
  const model: Handle = async () => Response.json(document);
  const calls = [send({ input: "a" }, {}, model), send({ input: "b" }, {}, model)];
  for (const { answer } of calls) expect(await refusal(answer)).toMatchObject({ status: 502, code: "upstream_error" });
});

it.each<[string, Record<string, unknown>]>([
  ["tokens", { input: [1, 2, 3] }],
  ["no texts", { input: [] }],
  ["an empty text", { input: ["a", ""] }],
  ["no input", {}],
  ["too many", { input: Array.from({ length: 257 }, () => "a") }],
])("%s are the route's matter", async (_, body) => {
  const { model, send } = await start();
  await Promise.all([send(body).answer, send(body).answer]);
  expect(model.inputs).toHaveLength(2);
});

it("who leaves is not waited for; the model is stopped when all have left", async () => {
  const { send } = await start();
  let aborted = 0;
  const hang: Handle = (call) =>
    new Promise((_, reject) => {
      call.signal.addEventListener("abort", () => {
        aborted += 1;
        reject(new Error("aborted"));
      });
    });
  const leaving = [new AbortController(), new AbortController()];
  const refused = leaving.map(({ signal }) => refusal(send({ input: "a" }, { signal }, hang).answer));
  await new Promise((resolve) => setTimeout(resolve, 30));
  leaving[0]!.abort();
  expect(await refused[0]).toMatchObject({ status: 499 });
  await settled();
  expect(aborted).toBe(0);
  leaving[1]!.abort();
  expect(await refused[1]).toMatchObject({ status: 499 });
  expect(aborted).toBe(1);
});

it("who leaves before it is sent is not sent", async () => {
  const { model, send } = await start();
  const leaving = new AbortController();
  const left = refusal(send({ input: "gone" }, { signal: leaving.signal }).answer);
  const calls = [send({ input: "a" }), send({ input: "b" })];
  leaving.abort();
  await Promise.all(calls.map(({ answer }) => answer));
  expect(await left).toMatchObject({ status: 499 });
  expect(model.inputs).toEqual([["a", "b"]]);
});

it("routes without vectors are left alone", async () => {
  const { instance, model } = await start();
  const batching = await instance.option("batching");
  const classify = () => pass(instance.callOf({ input: "a" }, {}, "/api/classify"), [batching], model.handle);
  await Promise.all([classify(), classify()]);
  expect(model.inputs).toHaveLength(2);
});
