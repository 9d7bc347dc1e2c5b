// What a plan says of Cloudflare Workers, and of the models of Workers AI.
import { describe, expect, test } from "vitest";
import { workersRefusal } from "../../../src/plan/workers-refusal.ts";
import { planModel } from "../../../src/plan/plan.ts";
import type { Plan } from "../../../src/plan/types.ts";

const failed = (plan: Plan): string[] =>
  plan.reasons.filter(({ passed, mode }) => passed === false && mode === plan.mode).map(({ rule }) => rule);

describe("a model inside a Worker", () => {
  test.each([
    ["use-lite", ["native-code", "memory-bytes"]],
    ["all-minilm-l6-v2", ["native-code", "bundle-bytes", "memory-bytes"]],
    ["smollm2-135m-instruct", ["native-code", "bundle-bytes", "memory-bytes", "start-up"]],
  ])("%s fails %j", (model, rules) => {
    const plan = planModel({ model, mode: "local", target: "cloudflare" });
    expect([plan.fits, failed(plan)]).toEqual([false, rules]);
  });

  test("is held against the limits of a Worker: 64 MiB, 80 % of 128 MB, 1 s", () => {
    const { reasons } = planModel({ model: "smollm2-135m-instruct", mode: "local", target: "cloudflare" });
    const limits = reasons.map(({ rule, limit, unit }) => [rule, limit, unit]);
    expect(limits).toContainEqual(["bundle-bytes", 64 * 1024 * 1024, "bytes"]);
    expect(limits).toContainEqual(["memory-bytes", 0.8 * 128e6, "bytes"]);
    expect(limits).toContainEqual(["start-up", 1_000, "ms"]);
  });

  test("has every way out, and each was planned", () => {
    const input = { model: "smollm2-135m-instruct", task: "chat", mode: "local", target: "cloudflare" } as const;
    const flags = (planModel(input).nearest ?? []).map((each) => each.flags);
    expect(flags).toEqual([
      ["--target", "vercel"],
      ["--mode", "hybrid"],
      ["--mode", "external"],
      ["--mode", "external", "--model", "@cf/meta/llama-3.1-8b-instruct-fp8-fast"],
    ]);
    expect(planModel({ ...input, target: "vercel" }).fits).toBe(true);
    expect(planModel({ ...input, mode: "external", model: "@cf/meta/llama-3.1-8b-instruct-fp8-fast" }).fits).toBe(true);
  });

  test("where no provider may see requests, only what is yours is left", () => {
    const plan = planModel({ model: "use-lite", mode: "local", target: "cloudflare", thirdParty: false });
    expect((plan.nearest ?? []).map(({ flags }) => flags)).toEqual([
      ["--target", "vercel"],
      ["--mode", "hybrid"],
    ]);
  });

  test("Vercel limits no start-up", () => {
    const { reasons } = planModel({ model: "smollm2-135m-instruct", mode: "local", target: "vercel" });
    expect(reasons.map(({ rule }) => rule)).not.toContain("start-up");
  });
});

describe("the refusal", () => {
  test("names each rule with its numbers, and what there is instead", () => {
    const error = workersRefusal({ model: "all-minilm-l6-v2", task: "embeddings" }, "NO_TEMPLATE");
    expect(error.message).toMatch(/native code.*70\.3 MB is over 67\.1 MB.*173\.6 MB is over 102\.4 MB/);
    expect(error.hint).toMatch(/hybrid.*external.*Workers AI.*vercel or local/);
    expect(error.code).toBe("NO_TEMPLATE");
  });

  test("of a model that nobody knows the size of names the platform's limits", () => {
    const error = workersRefusal({ model: "my-own-model", task: "chat" }, "BUILD_FAILED");
    expect(error.message).toContain("no native code, 128 MB of memory and 67.1 MB of code");
  });
});

describe("a model of Workers AI", () => {
  test.each([
    ["@cf/baai/bge-small-en-v1.5", "embeddings"],
    ["@cf/meta/llama-3.2-1b-instruct", "chat"],
    ["@cf/meta/llama-3.1-8b-instruct-fp8-fast", "chat"],
    ["@cf/zai-org/glm-4.7-flash", "chat"],
  ])("%s runs there, under its own name, on either platform", (model, task) => {
    for (const target of ["vercel", "cloudflare"] as const) {
      expect(planModel({ model, target })).toMatchObject({
        fits: true,
        mode: "external",
        task,
        platform: target,
        model: { id: model },
      });
    }
  });

  test.each(["local", "hybrid"] as const)("does not run %s: it has that name nowhere else", (mode) => {
    const plan = planModel({ model: "@cf/baai/bge-small-en-v1.5", mode });
    expect([plan.fits, failed(plan)]).toEqual([false, ["provider"]]);
    expect(planModel({ model: "bge-small-en-v1.5", mode }).fits).toBe(true);
  });

  test("may be forbidden", () => {
    expect(planModel({ model: "@cf/baai/bge-small-en-v1.5", thirdParty: false }).fits).toBe(false);
  });
});
