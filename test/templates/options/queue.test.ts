import { expect, it } from "vitest";
import { DONE, event, load, pass, refusal, settled, streamingModel } from "./calls.ts";

/** A model that answers when it is told to. */
function slowModel() {
  const answers: (() => void)[] = [];
  return {
    answers,
    handle: () =>
      new Promise<Response>((resolve) => {
        answers.push(() => resolve(Response.json({})));
      }),
  };
}

async function start(env: Record<string, string>) {
  const instance = await load(env);
  const queue = await instance.option("queue");
  const model = slowModel();
  const ask = (signal?: AbortSignal) =>
    pass(instance.callOf({}, signal === undefined ? {} : { signal }), [queue], model.handle);
  return { instance, queue, model, ask, report: async () => (await instance.deepReport())["queue"] };
}

it("lets so many in, so many wait, and sends the others away", async () => {
  const { model, ask, report } = await start({ QUEUE_MAX_IN_FLIGHT: "2", QUEUE_MAX_WAITING: "1" });
  const calls = [ask(), ask(), ask()];
  await settled();
  expect(await refusal(ask())).toMatchObject({ status: 503, code: "overloaded", headers: { "retry-after": "2" } });
  expect(await report()).toMatchObject({ inFlight: 2, waiting: 1, refused: 1 });
  expect(model.answers).toHaveLength(2);
  model.answers[0]?.();
  await settled();
  expect(model.answers).toHaveLength(3);
  for (const answer of model.answers) answer();
  for (const call of calls) expect((await call).status).toBe(200);
  await settled();
  expect(await report()).toMatchObject({ inFlight: 0, waiting: 0 });
});

it("waits for a limited time", async () => {
  const { model, ask, report } = await start({ QUEUE_MAX_IN_FLIGHT: "1", QUEUE_MAX_WAIT_MS: "30" });
  const first = ask();
  await settled();
  expect(await refusal(ask())).toMatchObject({ status: 503, code: "overloaded" });
  model.answers[0]?.();
  await first;
  await settled();
  expect(await report()).toMatchObject({ inFlight: 0, waiting: 0 });
});

it("who leaves the queue is not waited for, and takes no slot with it", async () => {
  const { model, ask, report } = await start({ QUEUE_MAX_IN_FLIGHT: "1" });
  const leaving = new AbortController();
  const first = ask();
  const left = refusal(ask(leaving.signal));
  const last = ask();
  await settled();
  leaving.abort();
  expect(await left).toMatchObject({ status: 499 });
  expect(await report()).toMatchObject({ inFlight: 1, waiting: 1 });
  model.answers[0]?.();
  await settled();
  model.answers[1]?.();
  expect([(await first).status, (await last).status]).toEqual([200, 200]);
  await settled();
  expect(await report()).toMatchObject({ inFlight: 0, waiting: 0 });
});

const untilAborted = ({ signal }: { signal: AbortSignal }) =>
  new Promise<Response>((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("left")));
  });

it("who leaves in the very moment a slot becomes free does not take it away", async () => {
  const { instance, queue, report } = await start({ QUEUE_MAX_IN_FLIGHT: "1" });
  // One connection carries both: they leave together, the one with the slot first.
  const connection = new AbortController();
  const calls = [1, 2].map(() => instance.callOf({}, { signal: connection.signal }));
  const answers = calls.map((call) => pass(call, [queue], untilAborted).catch(() => null));
  calls[0]?.signal.addEventListener("abort", () => calls[0]?.end());
  await settled();
  connection.abort();
  await Promise.all(answers);
  await settled();
  expect(await report()).toMatchObject({ inFlight: 0, waiting: 0 });
});

const fail = async (): Promise<Response> => {
  throw new Error("no");
};

it("a failed call gives its slot back", async () => {
  const { instance, queue, report } = await start({ QUEUE_MAX_IN_FLIGHT: "1" });
  await expect(pass(instance.callOf({}), [queue], fail)).rejects.toThrow("no");
  await settled();
  expect(await report()).toMatchObject({ inFlight: 0 });
});

it("a stream keeps its slot to its end", async () => {
  const { instance, queue, report } = await start({});
  const model = streamingModel([event("one"), DONE]);
  const response = await pass(instance.callOf({}), [queue], model.handle);
  await settled();
  expect(await report()).toMatchObject({ inFlight: 1 });
  await response.text();
  await settled();
  expect(await report()).toMatchObject({ inFlight: 0 });
});
