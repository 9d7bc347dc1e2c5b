import { expect, it, vi } from "vitest";
import type { Handle } from "../../../templates/app/lib/call.ts";
import { DONE, event, load, pass, refusal, settled, streamingModel, withResolvers } from "./calls.ts";

const body = { messages: [{ role: "user", content: "hi" }], temperature: 0, stream: true };

async function start() {
  const instance = await load();
  const cache = await instance.option("cache");
  const client = (handle: Handle) => {
    const leaving = new AbortController();
    const call = instance.callOf({ ...body }, { signal: leaving.signal });
    return { call, leave: () => leaving.abort(), answer: pass(call, [cache], handle) };
  };
  /** Resolves when so many callers wait for the model's answer. */
  const waiting = (callers: number) =>
    vi.waitFor(async () => expect((await instance.deepReport())["cache"]).toMatchObject({ waiting: callers }), {
      interval: 1,
      timeout: 15_000,
    });
  return { instance, cache, client, waiting };
}

/** A model that answers all at once, when it is told to. */
function jsonModel() {
  const answer = withResolvers<Response>();
  const model = {
    calls: 0,
    aborted: 0,
    answer,
    handle: (async (call) => {
      model.calls += 1;
      Object.assign(call.facts, { target: "main", attempts: 1, promptTokens: 7, completionTokens: 3 });
      const left = withResolvers<never>();
      call.signal.addEventListener("abort", () => {
        model.aborted += 1;
        left.reject(new Error("aborted"));
      });
      return Promise.race([answer.promise.then((response) => response.clone()), left.promise]);
    }) satisfies Handle,
  };
  return model;
}

it("100 who ask the same at a time are one call to the model", async () => {
  const { client, waiting } = await start();
  const model = jsonModel();
  const clients = Array.from({ length: 100 }, () => client(model.handle));
  await waiting(100);
  model.answer.resolve(Response.json({ text: "hello" }));
  const texts = await Promise.all(clients.map(async ({ answer }) => (await answer).text()));
  expect(model.calls).toBe(1);
  expect(new Set(texts)).toEqual(new Set(['{"text":"hello"}']));
  const how = await Promise.all(clients.map(async ({ answer }) => (await answer).headers.get("x-ai-cache")));
  expect(how.toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual([
    "miss",
    ...Array.from({ length: 99 }, () => "shared"),
  ]);
  // What the one call cost is on one bill.
  const tokens = clients.map(({ call }) => call.facts.promptTokens ?? 0);
  expect(tokens.reduce((sum, each) => sum + each, 0)).toBe(7);
  expect(clients.filter(({ call }) => call.facts.isCached)).toHaveLength(99);
});

it("100 who ask for the same stream get all of it, also who comes in the middle and who reads slowly", async () => {
  const { client, waiting } = await start();
  const model = streamingModel();
  model.isManual = true;
  const clients = Array.from({ length: 99 }, () => client(model.handle));
  await waiting(99);
  const readers = clients.map(async ({ answer }) => (await answer).text());
  await settled();
  model.step();
  await settled();
  const late = client(model.handle);
  await waiting(100);
  const lateText = late.answer.then((response) => response.text());
  for (let step = 0; step < 6; step++) {
    await settled();
    model.step();
  }
  const texts = await Promise.all([...readers, lateText]);
  expect(model.calls).toHaveLength(1);
  expect(new Set(texts)).toEqual(new Set([event("one") + event("two") + DONE]));
  const calls = [...clients, late].map(({ call }) => call);
  await Promise.all(calls.map(({ ended }) => ended));
  expect(calls.reduce((sum, { facts }) => sum + (facts.completionTokens ?? 0), 0)).toBe(3);
});

it("all get the failure of the one call", async () => {
  const { instance, client, waiting } = await start();
  const model = jsonModel();
  const clients = Array.from({ length: 10 }, () => client(model.handle));
  await waiting(10);
  model.answer.reject(new instance.HttpError(504, "upstream_timeout", "too late"));
  for (const { answer } of clients)
    expect(await refusal(answer)).toMatchObject({ status: 504, code: "upstream_timeout" });
  expect(model.calls).toBe(1);
});

it("the first one leaves, the others get their answer", async () => {
  const { client, waiting } = await start();
  const model = jsonModel();
  const [first, second] = [client(model.handle), client(model.handle)];
  await waiting(2);
  first.leave();
  expect(await refusal(first.answer)).toMatchObject({ status: 499 });
  await settled();
  expect(model.aborted).toBe(0);
  model.answer.resolve(Response.json({}));
  expect((await second.answer).status).toBe(200);
  expect(second.call.facts).toMatchObject({ promptTokens: 7, isCached: false });
});

it("the model is stopped when the last one leaves, and not before", async () => {
  const { client, waiting } = await start();
  const model = jsonModel();
  const clients = [client(model.handle), client(model.handle), client(model.handle)];
  const refused = Promise.all(clients.map(({ answer }) => refusal(answer)));
  await waiting(3);
  clients[1]!.leave();
  clients[0]!.leave();
  await settled();
  expect(model.aborted).toBe(0);
  clients[2]!.leave();
  await settled();
  expect(model.aborted).toBe(1);
  expect((await refused).map(({ status }) => status)).toEqual([499, 499, 499]);
});

it("who comes when the last one has just left starts anew, however long the model takes to stop", async () => {
  const { client, waiting } = await start();
  const first = client(() => withResolvers<Response>().promise);
  const refused = refusal(first.answer);
  await waiting(1);
  first.leave();
  const next = client(async () => Response.json({ text: "new" }));
  expect(await (await next.answer).text()).toBe('{"text":"new"}');
  expect(await refused).toMatchObject({ status: 499 });
});

it("in the middle of a stream the first one leaves, the other reads on", async () => {
  const { client } = await start();
  const model = streamingModel();
  model.isManual = true;
  const [first, second] = [client(model.handle), client(model.handle)];
  const firstReader = (await first.answer).body!.getReader();
  const secondText = (await second.answer).text();
  model.step();
  expect(new TextDecoder().decode((await firstReader.read()).value)).toBe(event("one"));
  first.leave();
  await firstReader.cancel();
  await first.call.ended;
  for (let step = 0; step < 4; step++) {
    await settled();
    model.step();
  }
  expect(await secondText).toBe(event("one") + event("two") + DONE);
  expect(model.aborted).toBe(0);
  expect(second.call.facts).toMatchObject({ completionTokens: 3, isCached: false });
});

it("a stream has ended when its last byte is handed over, and not before", async () => {
  const { client } = await start();
  const { call, answer } = client(streamingModel().handle);
  let isOver = false;
  void call.ended.then(() => (isOver = true));
  const reader = (await answer).body!.getReader();
  for (let piece = 0; piece < 3; piece++) {
    await reader.read();
    await settled();
    expect(isOver).toBe(false);
  }
  expect((await reader.read()).done).toBe(true);
  await call.ended;
});

it.each(["by its connection", "by the stream alone"])(
  "the last one leaves a stream %s: the model is stopped",
  async (how) => {
    const { client } = await start();
    const model = streamingModel();
    model.isManual = true;
    const [first, second] = [client(model.handle), client(model.handle)];
    const bodies = [(await first.answer).body!, (await second.answer).body!];
    await settled();
    await bodies[0]!.cancel();
    expect(model.aborted).toBe(0);
    if (how === "by its connection") second.leave();
    await bodies[1]!.cancel();
    await settled();
    expect(model.aborted).toBe(1);
    await Promise.all([first.call.ended, second.call.ended, model.calls[0]!.ended]);
    expect(first.call.facts.errorCode).toBe("client_closed_request");
  },
);

const broken: Handle = async (call) => {
  call.isStreaming = true;
  let events = 0;
  const stream = new ReadableStream(
    {
      pull(controller) {
        if (events++ === 0) controller.enqueue(new TextEncoder().encode(event("one")));
        else controller.error(new Error("broken"));
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, { headers: { "content-type": "text/event-stream" } });
};

it("a stream that breaks off breaks off for all", async () => {
  const { client } = await start();
  const clients = [client(broken), client(broken)];
  for (const { answer } of clients) await expect((await answer).text()).rejects.toThrow("broken");
  await Promise.all(clients.map(({ call }) => call.ended));
});

it("the model works against the first one's clock", async () => {
  const { client, waiting } = await start();
  const model = jsonModel();
  const seen: number[] = [];
  const first = client((call) => {
    seen.push(call.arrivedMs);
    return model.handle(call);
  });
  await waiting(1);
  const second = client(model.handle);
  await waiting(2);
  model.answer.resolve(Response.json({}));
  await Promise.all([first.answer, second.answer]);
  expect(seen).toEqual([first.call.arrivedMs]);
});
