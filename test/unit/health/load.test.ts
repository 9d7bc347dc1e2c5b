import { describe, expect, test } from "vitest";
import { dueMs, dueWithin, runLoad, type LoadOptions, type Pace } from "../../../src/health/load.ts";
import { createSamples, type Answer, type Samples } from "../../../src/health/samples.ts";
import { answered } from "./answers.ts";

const room = (count: number): Samples => createSamples(["all"], new Uint16Array(count));
const open = (ratePerSecond: number, rampMs = 0): Extract<Pace, { kind: "open" }> => ({
  kind: "open",
  ratePerSecond,
  rampMs,
});
const options = (pace: Pace, more: Partial<LoadOptions> = {}): LoadOptions => ({
  pace,
  maxInFlight: 1_000,
  signal: undefined,
  isOver: () => false,
  ...more,
});

describe("an open loop", () => {
  test("requests are due at t0 + i / rate, also those that a blocked machine sends late", async () => {
    const samples = room(100);
    const due: number[] = [];
    const sendOne = async (i: number, dueAt: number): Promise<Answer> => {
      due.push(dueAt);
      if (i === 20) block(100);
      return answered();
    };
    await runLoad(samples, sendOne, options(open(500)));
    const [t0 = Number.NaN] = due;
    for (const [i, dueAt] of due.entries()) expectDue(dueAt - t0, i * 2);
    // Request 21 was due 2 ms after request 20, and left when the 100 ms were over.
    expect(samples.sendLagMs[21]).toBeGreaterThanOrEqual(97);
    expect(samples.started).toBe(100);
    for (const [i, ms] of samples.dueMs.entries()) expectDue(ms, i * 2);
  });

  test("a request is sent when it is due, whether or not the ones before it were answered", async () => {
    const samples = room(50);
    const answers: (() => void)[] = [];
    const sendOne = (): Promise<Answer> =>
      new Promise((resolve) => {
        answers.push(() => resolve(answered()));
        if (answers.length === 50) for (const done of answers) done();
      });
    await runLoad(samples, sendOne, options(open(500), { maxInFlight: 50 }));
    expect([...samples.outcome]).toEqual(Array.from({ length: 50 }, () => 0));
  });

  test("a ramp climbs evenly: half as many requests as at the full rate", () => {
    const pace = open(100, 2_000);
    expect(dueWithin(pace, 2_000)).toBe(100);
    expect(dueWithin(pace, 3_000)).toBe(200);
    expect(dueMs(pace, 100)).toBeCloseTo(2_000);
    expect(dueMs(pace, 150)).toBeCloseTo(2_500);
    // A quarter of the ramp's requests come in its first half.
    expect(dueMs(pace, 25)).toBeCloseTo(1_000);
    expect(dueWithin(open(110), 100)).toBe(11);
  });

  test("it ends when it is told to, and goes on where it stopped, without a hole in its clock", async () => {
    const samples = room(40);
    const first = options(open(500), { isOver: (sentMs) => sentMs >= 40 });
    await runLoad(samples, async () => answered(), first);
    expect(samples.started).toBe(20);
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
    await runLoad(samples, async () => answered(), options(open(500)));
    expect(samples.started).toBe(40);
    for (const [i, ms] of samples.dueMs.entries()) expectDue(ms, i * 2);
    expect(Math.max(...samples.sendLagMs)).toBeLessThan(150);
  });
});

describe("a closed loop", () => {
  test("no connection sends before its answer is in", async () => {
    const samples = room(60);
    let underWay = 0;
    let most = 0;
    const sendOne = async (): Promise<Answer> => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
      underWay--;
      return answered();
    };
    await runLoad(samples, sendOne, options({ kind: "closed", concurrency: 6 }));
    expect(most).toBe(6);
    expect(samples.started).toBe(60);
    expect(samples.outcome.every((outcome) => outcome === 0)).toBe(true);
  });
});

test("after a signal nothing is sent and nothing is kept", async () => {
  const samples = room(100);
  const controller = new AbortController();
  const sendOne = async (i: number): Promise<Answer> => {
    if (i === 10) controller.abort();
    return answered();
  };
  await runLoad(samples, sendOne, options(open(500), { signal: controller.signal }));
  expect(samples.started).toBe(11);
  expect(samples.outcome[10]).toBe(-1);
});

/** Never later than planned; up to a millisecond earlier, so that no timer's delay counts as the app's. */
function expectDue(ms: number, plannedMs: number): void {
  expect(ms).toBeLessThanOrEqual(plannedMs + 1e-6);
  expect(ms).toBeGreaterThanOrEqual(plannedMs - 1 - 1e-6);
}

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
