// Warm-up of a model in the function: what it asks of the function that has the model, a made-up one here.
import { expect, it, onTestFinished, vi } from "vitest";
import { loadRoute } from "../unit/templates/core/load-route.ts";
import { sendJson, startUpstream, type Asked } from "../unit/templates/core/upstream.ts";

/** A clock that stands still, but for what the test adds: a busy machine is no slow model. */
function stopClock(): { ms: number } {
  const clock = { ms: 1_000_000 };
  const spy = vi.spyOn(performance, "now").mockImplementation(() => clock.ms);
  onTestFinished(() => spy.mockRestore());
  return clock;
}

/** An instance of the warm-up function, before a function that takes so long for its first answers, and no time for the others. */
async function start(firstMs: readonly number[], answer: (asked: Asked) => number | Promise<number> = () => 200) {
  const clock = stopClock();
  const durationsMs = firstMs.values();
  const model = await startUpstream(async (res, asked) => {
    const status = await answer(asked);
    clock.ms += durationsMs.next().value ?? 0;
    sendJson(res, status, {});
  });
  const route = await loadRoute("prefetch.local");
  const prefetch = async (signal?: AbortSignal): Promise<number> =>
    (await route.fetch(new Request(new URL("/api/prefetch", model.baseUrl), signal ? { signal } : {}))).status;
  return { asked: model.asked, clock, prefetch };
}

it.each([
  ["that was warm", [], 2],
  ["that loads the model first", [900, 40, 40], 3],
  ["that is quick now and then", [40, 60, 40, 60, 40], 5],
  ["that is slow", [400, 400, 400, 400, 400, 400], 5],
])("asks a function %s as often as it needs", async (_what, firstMs, calls) => {
  const { asked, prefetch } = await start(firstMs);
  expect(await prefetch()).toBe(200);
  expect(asked).toHaveLength(calls);
});

it("asks once a minute at most, whoever calls how often", async () => {
  const { asked, clock, prefetch } = await start([]);
  expect(await Promise.all([prefetch(), prefetch(), prefetch()])).toEqual([200, 200, 200]);
  clock.ms += 59_000;
  expect(await prefetch()).toBe(200);
  expect(asked).toHaveLength(2);
  clock.ms += 2_000;
  expect(await prefetch()).toBe(200);
  expect(asked).toHaveLength(4);
});

it("tries again some seconds after a failure", async () => {
  let status = 503;
  const { asked, clock, prefetch } = await start([], () => status);
  expect([await prefetch(), await prefetch()]).toEqual([502, 502]);
  expect(asked).toHaveLength(1);
  status = 200;
  clock.ms += 6_000;
  expect(await prefetch()).toBe(200);
});

it("reaches the model, and not what the option cache has stored", async () => {
  const { policyOf } = await import("../../templates/app/lib/cache-policy.ts");
  const { Call } = await import("../../templates/app/lib/call.ts");
  const { asked, prefetch } = await start([]);
  await prefetch();
  const policies = asked.map(({ headers, body }) => {
    const own = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
    return policyOf(new Call(new Request("http://app.test/api/embeddings", { headers: own }), body));
  });
  expect(policies).toEqual([null, null]);
});

it("goes on for those who wait when the one who came first leaves", async () => {
  const isAsked = Promise.withResolvers<void>();
  const mayAnswer = Promise.withResolvers<void>();
  const { prefetch } = await start([], async () => {
    isAsked.resolve();
    await mayAnswer.promise;
    return 200;
  });
  const leaving = new AbortController();
  const first = prefetch(leaving.signal).catch(() => null);
  const second = prefetch();
  await isAsked.promise;
  leaving.abort();
  mayAnswer.resolve();
  expect(await second).toBe(200);
  await first;
});
