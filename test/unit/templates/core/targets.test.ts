import { expect, it } from "vitest";
import { loadLib } from "./load-route.ts";

const OPENAI = "https://api.openai.com/v1";
const OWN = "http://127.0.0.1:11434/v1";

it.each([
  ["targets", {}, []],
  ["targets", { AI_BASE_URL: OWN, AI_MODEL: "big" }, [["main", OWN, "big"]]],
  [
    "targets",
    { AI_BASE_URL: OWN, AI_MODEL: "big", AI_SMALLER_MODEL: "small" },
    [
      ["main", OWN, "big"],
      ["smaller", OWN, "small"],
    ],
  ],
  [
    "targets",
    { AI_API_KEY: "k", AI_SMALLER_MODEL: "small", LOCAL_BASE_URL: OWN, LOCAL_MODEL: "own" },
    [["local", OWN, "own"]],
  ],
  ["targets.external", {}, []],
  ["targets.external", { AI_API_KEY: "k", AI_MODEL: "big" }, [["main", OPENAI, "big"]]],
  ["targets.external", { AI_BASE_URL: OWN, AI_MODEL: "big" }, [["main", OWN, "big"]]],
  [
    "targets.external",
    { AI_API_KEY: "k", AI_MODEL: "big", AI_SMALLER_MODEL: "small" },
    [
      ["main", OPENAI, "big"],
      ["smaller", OPENAI, "small"],
    ],
  ],
  ["targets.external", { AI_FALLBACK_BASE_URL: OWN, AI_FALLBACK_MODEL: "other" }, [["fallback", OWN, "other"]]],
  ["targets.external", { AI_FALLBACK_BASE_URL: OWN }, []],
] as const)("%s with %j", async (file, env, expected) => {
  const { targets } = await loadLib([file], env);
  expect(targets.map((target: Record<string, string>) => [target["name"], target["baseUrl"], target["model"]])).toEqual(
    expected,
  );
});
