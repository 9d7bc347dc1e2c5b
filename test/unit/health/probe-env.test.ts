import { expect, test } from "vitest";
import { parseConfig } from "../../../src/config/read.ts";
import { fillProbeEnv } from "../../../src/health/requests/probe-env.ts";

const config = parseConfig({
  version: 1,
  name: "app",
  task: "chat",
  mode: "hybrid",
  model: { id: "m" },
  latencyBudgetMs: 300,
  probes: [
    {
      name: "a",
      path: "/a",
      headers: { authorization: "Bearer {{env.KEYS}}", "x-n": "{{n}}", "x-two": "{{env.KEYS}} {{env.MISSING}}" },
    },
    { name: "b", path: "/b" },
  ],
});

test("variables are filled in, of a list the first, and headers without one are left out", () => {
  const filled = fillProbeEnv(config, { KEYS: " one , two", OTHER: "x" });
  expect(filled.config.probes.map(({ headers }) => headers)).toEqual([
    { authorization: "Bearer one", "x-n": "{{n}}" },
    {},
  ]);
  expect(filled.missing).toEqual(["MISSING"]);
});

test("an empty variable is one that is not set, and the config that was given stays as it is", () => {
  const filled = fillProbeEnv(config, { KEYS: "" });
  expect(filled.missing).toEqual(["KEYS", "MISSING"]);
  expect(filled.config.probes[0]?.headers).toEqual({ "x-n": "{{n}}" });
  expect(config.probes[0]?.headers["authorization"]).toBe("Bearer {{env.KEYS}}");
});
