import { expect, test } from "vitest";
import { runLoad } from "../../../src/health/load.ts";
import { createSamples } from "../../../src/health/samples.ts";
import type { Answer } from "../../../src/health/send.ts";

const answer: Answer = { cause: null, detail: "", latencyMs: 1, firstTokenMs: 1 };

test("requests are due at t0 + i / rate, also those that a blocked machine sends late", async () => {
  const samples = createSamples(500, new Uint16Array(100));
  const due: number[] = [];
  await runLoad(
    samples,
    async (i, dueAt) => {
      due.push(dueAt);
      if (i === 20) block(100);
      return answer;
    },
    { maxInFlight: 1_000, signal: undefined },
  );
  const [t0 = Number.NaN] = due;
  for (const [i, dueAt] of due.entries()) expect(dueAt - t0).toBeCloseTo(i * 2, 6);
  // Request 21 was due 2 ms after request 20, and left when the 100 ms were over.
  expect(samples.sendLagMs[21]).toBeGreaterThanOrEqual(97);
  expect(samples.started).toBe(100);
});

test("a request is sent when it is due, whether or not the ones before it were answered", async () => {
  const samples = createSamples(500, new Uint16Array(50));
  const answers: (() => void)[] = [];
  await runLoad(
    samples,
    () =>
      new Promise<Answer>((resolve) => {
        answers.push(() => resolve(answer));
        if (answers.length === 50) for (const done of answers) done();
      }),
    { maxInFlight: 50, signal: undefined },
  );
  expect([...samples.outcome]).toEqual(Array.from({ length: 50 }, () => 0));
});

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
