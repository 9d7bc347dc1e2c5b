import { expect, test } from "vitest";
import { localAgainstApi } from "../../../src/cost/break-even.ts";
import type { MonthOf } from "../../../src/cost/option.ts";

/** A month of `base + each × requests`, in USD. */
function straight(base: number, each: number): MonthOf {
  const free = { plan: "Hobby", fits: true, text: "" } as const;
  const month = (requests: number) => {
    const usd = base + each * requests;
    return { requests, lines: [], usd, perRequestUsd: usd / requests, supply: null, free };
  };
  return { month, supplies: [] };
}

test.each([
  [
    "dearer at first, cheaper later",
    straight(100, 0.000_1),
    straight(20, 0.000_2),
    800_000,
    "the API is cheaper than local below 800,000",
  ],
  ["cheaper at first", straight(20, 0.000_3), straight(50, 0), 100_000, "local is cheaper than the API below 100,000"],
  ["always cheaper", straight(20, 0), straight(20, 0.000_1), null, "local is cheaper than the API at any traffic"],
  ["always dearer", straight(20, 0.1), straight(20, 0), null, "the API is cheaper than local at any traffic"],
  ["the same", straight(20, 0.1), straight(20, 0.1), null, "cost the same"],
  ["the same but for rounding of sums", straight(20, 0), straight(20 + 4e-15, 0), null, "cost the same"],
])("%s", (_, local, api, requests, text) => {
  expect(localAgainstApi(local, api)).toMatchObject({ requests, text: expect.stringContaining(text) });
});

test("without a price of both there is nothing to say", () => {
  expect(localAgainstApi({ reason: "cannot run there" }, straight(1, 1))).toBeNull();
});
