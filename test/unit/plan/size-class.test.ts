import { expect, test } from "vitest";
import { classOf, modeTakes } from "../../../src/plan/size-class.ts";

test.each([
  [1, null, "small"],
  [999_000_000, null, "small"],
  [999_999_999, null, "small"],
  [1_000_000_000, null, "medium"],
  [7_000_000_000, null, "medium"],
  [7_000_000_001, null, "large"],
  [7_248_023_552, null, "large"],
  [7_248_023_552, 7e9, "medium"],
  [7_615_616_512, 7e9, "medium"],
  [8_030_261_248, 8e9, "large"],
  [1_235_814_400, 1e9, "medium"],
  [950_000_000, 1e9, "medium"],
  [30_532_122_624, 30e9, "large"],
])("%d parameters with the label %d is %s", (params, label, expected) => {
  expect(classOf(params, label)).toBe(expected);
});

test("a model moves to the right of its row, never to the left", () => {
  const taken = (["small", "medium", "large"] as const).map((size) =>
    (["local", "hybrid", "external"] as const).filter((mode) => modeTakes(mode, size)),
  );
  expect(taken).toEqual([["local", "hybrid", "external"], ["hybrid", "external"], ["external"]]);
});
