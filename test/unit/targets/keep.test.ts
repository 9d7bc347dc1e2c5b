import { describe, expect, it } from "vitest";
import { whatToKeep } from "../../../src/targets/local/keep.ts";
import type { DeploymentRecord } from "../../../src/targets/local/state.ts";

const record = (id: string, knownGood: string | null): DeploymentRecord => ({
  id,
  knownGood,
  buildId: id,
  createdAt: "",
  environment: "production",
  port: null,
});

describe("whatToKeep", () => {
  it.each<
    [what: string, current: string | null, deployments: [string, string | null][], running: string[], kept: string[]]
  >([
    ["nothing", null, [], [], []],
    ["a staged one alone", null, [["a", null]], ["a"], ["a"]],
    ["the first release", "a", [["a", null]], ["a"], ["a"]],
    [
      "three releases",
      "c",
      [
        ["a", null],
        ["b", "a"],
        ["c", "b"],
      ],
      ["b", "c"],
      ["a", "b", "c"],
    ],
    [
      "the fourth goes",
      "d",
      [
        ["a", null],
        ["b", "a"],
        ["c", "b"],
        ["d", "c"],
      ],
      ["c", "d"],
      ["b", "c", "d"],
    ],
    [
      "a new one being staged",
      "c",
      [
        ["a", null],
        ["b", "a"],
        ["c", "b"],
        ["d", "c"],
      ],
      ["b", "c", "d"],
      ["a", "b", "c", "d"],
    ],
    [
      "after a rollback the bad one is the newest",
      "a",
      [
        ["z", null],
        ["a", "z"],
        ["bad", "a"],
      ],
      ["a", "bad", "z"],
      ["a", "bad", "z"],
    ],
    [
      "after going back twice, what was good stays to be promoted again",
      "a",
      [
        ["a", null],
        ["b", "a"],
        ["c", "b"],
      ],
      ["a", "c"],
      ["a", "b", "c"],
    ],
    [
      "many previews beside one release",
      "a",
      [
        ["a", null],
        ["p", "a"],
        ["q", "a"],
        ["r", "a"],
      ],
      ["a", "r"],
      ["a", "q", "r"],
    ],
    [
      "a chain that a pruned release ends",
      "c",
      [
        ["b", "gone"],
        ["c", "b"],
      ],
      ["b", "c"],
      ["b", "c"],
    ],
    [
      "a chain that bites its tail",
      "a",
      [
        ["a", "b"],
        ["b", "a"],
      ],
      ["a", "b"],
      ["a", "b"],
    ],
  ])("%s", (_what, current, deployments, running, kept) => {
    const keep = whatToKeep({ current, deployments: deployments.map(([id, knownGood]) => record(id, knownGood)) });
    expect([...keep.running].toSorted()).toEqual(running.toSorted());
    expect([...keep.kept].toSorted()).toEqual(kept.toSorted());
  });
});
