import { expect, test } from "vitest";
import { busyInstances } from "../../../src/cost/busy-instances.ts";

test.each([
  ["one at a time is Little's law", 2.5, 1, 2.5],
  ["nothing in flight", 0, 10, 0],
  ["hardly anything: 1 − e^−L", 1e-6, 10, 1e-6 - 0.5e-12],
  // P(K ≥ 1) + P(K ≥ 3) + P(K ≥ 5) + … with L = 1: 0.632121 + 0.080301 + 0.003660 + 0.000083 + …
  ["two at a time", 1, 2, 0.716_166],
  ["as many as there are: the share of time in which anything runs", 3, 1_000, 1 - Math.exp(-3)],
])("%s", (_, inFlight, sharing, instances) => {
  expect(busyInstances(inFlight, sharing)).toBeCloseTo(instances, 6);
});

test("the closed form for many is where the sum ends", () => {
  for (const sharing of [2, 7, 50]) {
    const closed = busyInstances(1_000_001, sharing);
    const summed = busyInstances(999_999, sharing);
    expect((closed - summed) * sharing).toBeCloseTo(2, 2);
  }
});

test("a simulation agrees", () => {
  // Independent arrivals, counted: K is Poisson by construction (Knuth), from a fixed sequence.
  let state = 42;
  const random = (): number => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return (state + 0.5) / 2 ** 32;
  };
  const poisson = (mean: number): number => {
    let count = -1;
    for (let product = 1; product > Math.exp(-mean); count++) product *= random();
    return count;
  };
  const runs = 200_000;
  let sum = 0;
  for (let run = 0; run < runs; run++) sum += Math.ceil(poisson(6) / 4);
  expect(busyInstances(6, 4)).toBeCloseTo(sum / runs, 1.7);
});
