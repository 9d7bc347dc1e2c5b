import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { modes, targetNames, tasks } from "../../../src/config/words.ts";
import { models } from "../../../src/data/models.ts";
import { CliError } from "../../../src/errors.ts";
import { planModel } from "../../../src/plan/plan.ts";
import { answerOf } from "../../../src/plan/rules.ts";
import type { Plan, PlanInput, Reason } from "../../../src/plan/types.ts";

function reason(plan: Plan, rule: string, mode = plan.mode): Reason | undefined {
  return plan.reasons.find((each) => each.rule === rule && each.mode === mode);
}

describe("a model that moves off its row", () => {
  const plan = planModel({ model: "Qwen3-0.6B" });

  test("has the table's row first, then every failure with its numbers, then its new mode", () => {
    expect(plan.reasons.map(({ mode, rule, passed }) => [mode, rule, passed])).toEqual([
      ["local", "size-class", true],
      ["local", "bundle-bytes", false],
      ["local", "memory-bytes", true],
      ["local", "first-token", false],
      ["local", "tokens-per-second", true],
      ["local", "max-duration", true],
      ["hybrid", "size-class", true],
      ["hybrid", "first-token", null],
    ]);
    expect(reason(plan, "bundle-bytes", "local")).toMatchObject({
      actual: 450_000_000,
      limit: 262_144_000,
      unit: "bytes",
    });
    expect(plan.alternatives).toEqual([
      { mode: "local", passed: false, failed: ["bundle-bytes", "first-token"] },
      { mode: "external", passed: null, failed: [] },
    ]);
  });

  test("takes 2.0 s for the prompt and 45 ms for each token, before the safety factor", () => {
    const local = planModel({ model: "Qwen3-0.6B", task: "classify", tokensIn: 128, tokensOut: 128, mode: "local" });
    expect(reason(local, "latency-p95")?.text).toContain("(2.01 s for 128 tokens in + 128 × 46.2 ms) × 2");
    expect((local.predicted.p95Ms ?? 0) / 2 / 7_800).toBeCloseTo(1, 1);
  });

  test("is told about the large tier and what would still fail in it", () => {
    expect(plan.warnings.join("\n")).toMatch(
      /large functions \(beta, up to 5\.0 GB\).*450\.0 MB.*still fails first-token/,
    );
    const patient = planModel({ model: "Qwen3-0.6B", latencyBudgetMs: 10_000 });
    expect(patient.warnings.join("\n")).toContain("then every other rule for local passes");
  });
});

describe("weights", () => {
  test("are the fastest that fit", () => {
    expect(planModel({ model: "use-lite" }).model.variant).toMatchObject({ engine: "onnx", dtype: "q8" });
    expect(planModel({ model: "smollm2-135m-instruct" }).model.variant).toMatchObject({
      engine: "gguf",
      dtype: "Q4_0",
    });
    expect(planModel({ model: "potion-base-8m" }).model.variant?.dtype).toBe("fp32");
  });

  test("of multilingual-e5-base do not fit in any dtype", () => {
    const plan = planModel({ model: "multilingual-e5-base", mode: "local" });
    expect(plan.fits).toBe(false);
    expect(plan.model.variant?.dtype).toBe("q8");
    expect(reason(plan, "bundle-bytes")?.passed).toBe(false);
  });

  test("are estimated when the catalogue has none, and that is said", () => {
    const plan = planModel({ params: 1e8, task: "embeddings" });
    expect(plan.model.variant).toEqual({ engine: "onnx", dtype: "q8", bytes: 1e8, source: "formula" });
    expect(plan.warnings.join()).toContain("layer sizes are not known");
  });

  test("are not named where an endpoint has them", () => {
    expect(planModel({ model: "Mistral-7B" }).model.variant).toBeNull();
  });
});

describe("a forced mode", () => {
  test.each([
    ["Mistral-7B", "local", ["size-class", "bundle-bytes", "memory-bytes", "first-token", "tokens-per-second"]],
    ["Llama-3.1-8B", "hybrid", ["size-class"]],
    ["gemma-3-270m", "local", ["bundle-bytes"]],
  ] as const)("%s does not fit %s", (model, mode, failed) => {
    const plan = planModel({ model, mode });
    expect(plan).toMatchObject({ fits: false, mode });
    expect(plan.reasons.filter(({ passed }) => passed === false).map(({ rule }) => rule)).toEqual(failed);
    expect(plan.reasons[0]?.text).toContain("by default");
  });

  test.each([
    ["use-lite", "hybrid"],
    ["use-lite", "external"],
    ["Mistral-7B", "external"],
  ] as const)("%s may run %s", (model, mode) => {
    const plan = planModel({ model, mode });
    expect(plan).toMatchObject({ fits: true, mode });
    expect(plan).not.toHaveProperty("nearest");
  });
});

describe("the nearest that fits", () => {
  const inputs: PlanInput[] = [
    { model: "bert-base", mode: "local", latencyBudgetMs: 50 },
    { model: "bert-base", mode: "local", latencyBudgetMs: 50, coldStartBudgetMs: 300 },
    { model: "smollm2-360m-instruct", mode: "local" },
    { model: "Qwen3-0.6B", mode: "local" },
    { model: "Llama-3.1-8B", mode: "hybrid" },
    { model: "all-minilm-l6-v2", task: "chat" },
    { params: 9e8, mode: "local" },
  ];

  test.each(inputs)("%j: every suggestion fits when it is taken", (input) => {
    const plan = planModel(input);
    expect(plan.fits).toBe(false);
    expect(plan.nearest?.length).toBeGreaterThan(0);
    for (const { flags } of plan.nearest ?? []) {
      expect(planModel({ ...input, ...inputOf(flags) }).fits).toBe(true);
    }
  });

  test("is a bigger budget, then the largest smaller model, then another mode", () => {
    const { nearest } = planModel({ model: "bert-base", mode: "local", latencyBudgetMs: 50 });
    expect(nearest?.map(({ kind, flags }) => [kind, ...flags])).toEqual([
      ["budget", "--latency-budget", "230"],
      ["model", "--model", "jina-embeddings-v2-small-en"],
      ["mode", "--mode", "hybrid"],
    ]);
  });

  test("is not a bigger budget when more than the budget fails", () => {
    expect(planModel({ model: "Qwen3-0.6B", mode: "local" }).nearest?.map(({ kind }) => kind)).toEqual([
      "model",
      "mode",
    ]);
  });
});

test("a model that no mode can run stays on its row and does not fit", () => {
  const plan = planModel({ model: "all-minilm-l6-v2", task: "chat" });
  expect(plan).toMatchObject({ fits: false, mode: "local" });
  expect(plan.alternatives.map(({ failed }) => failed)).toEqual([["task"], ["task"]]);
});

test("an answer that outlasts the function does not fit, whatever its budget", () => {
  const plan = planModel({ model: "smollm2-135m-instruct", tokensOut: 20_000, mode: "local" });
  expect(reason(plan, "max-duration")).toMatchObject({ passed: false, limit: 300_000 });
  expect(plan).toMatchObject({ fits: false, function: { maxDurationSeconds: 300 } });
});

describe("an unknown", () => {
  test("neither rules a mode out nor satisfies", () => {
    const plan = planModel({ model: "Mistral-7B", latencyBudgetMs: 1, coldStartBudgetMs: 1 });
    expect(plan.fits).toBe(true);
    expect(reason(plan, "first-token")).toMatchObject({ passed: null, actual: null, limit: 1 });
    expect(reason(plan, "cold-start")).toMatchObject({ passed: null, actual: null, limit: 1 });
    expect(plan.predicted).toMatchObject({ p95Ms: null, coldStartMs: null, memoryBytes: null });
    expect(answerOf(plan.reasons)).toBeNull();
  });

  test("comes with the command that measures it", () => {
    const plan = planModel({ model: "use-lite", mode: "hybrid" });
    expect(plan.warnings.join()).toContain("edge-ai healthcheck <url> --p95 300");
  });

  test("answers add up: no beats unknown beats yes", () => {
    const [one] = planModel({}).reasons;
    const of = (...answers: (boolean | null)[]): boolean | null =>
      answerOf(answers.map((passed) => ({ ...one!, passed })));
    expect([of(), of(true), of(true, null), of(null, false), of(false, true)]).toEqual([
      true,
      true,
      null,
      false,
      false,
    ]);
  });
});

describe("instances", () => {
  test("come from the prediction where there is one", () => {
    const { instances } = planModel({ model: "use-lite", requestsPerSecond: 1_000 });
    expect(instances).toMatchObject({ needed: 9, perInstanceRps: 114, predicted: true, concurrencyPerInstance: 1 });
    expect(instances.text).toContain("9 instances for 1000 requests a second");
  });

  test("with two vCPUs serve twice as much", () => {
    expect(planModel({ model: "use-lite", vcpus: 2 }).instances.perInstanceRps).toBe(227);
  });

  test("come from common experience where there is none, at its low end", () => {
    const plan = planModel({ model: "Mistral-7B", requestsPerSecond: 100 });
    expect(plan.instances).toMatchObject({ needed: 10, perInstanceRps: 10, predicted: false });
    expect(reason(plan, "instances")?.text).toContain("2 to 10 instances");
  });

  test("are not counted when no traffic is asked for", () => {
    expect(planModel({}).instances.needed).toBeNull();
  });

  test("over the platform's limit rule a predicted mode out, and leave a guessed one open", () => {
    const local = planModel({ model: "bert-base", mode: "local", requestsPerSecond: 1e6 });
    expect(reason(local, "instances")).toMatchObject({ passed: false, limit: 30_000 });
    const hybrid = planModel({ model: "Mistral-7B", requestsPerSecond: 1e6 });
    expect(reason(hybrid, "instances")).toMatchObject({ passed: null, actual: 100_000 });
  });
});

describe("the function", () => {
  test.each([
    [{ model: "use-lite" }, { memoryMb: 2048, vcpus: 1, maxDurationSeconds: 60, regions: ["iad1"] }],
    [{ task: "chat" }, { memoryMb: 2048, vcpus: 1, maxDurationSeconds: 300, regions: ["iad1"] }],
    [{ memoryMb: 4096 }, { memoryMb: 4096, vcpus: 2, maxDurationSeconds: 60, regions: ["iad1"] }],
    [{ vcpus: 2 }, { memoryMb: 4096, vcpus: 2, maxDurationSeconds: 60, regions: ["iad1"] }],
    [{ memoryMb: 512 }, { memoryMb: 512, vcpus: 1, maxDurationSeconds: 60, regions: ["iad1"] }],
    [
      { regions: ["fra1", "iad1", "fra1"] },
      { memoryMb: 2048, vcpus: 1, maxDurationSeconds: 60, regions: ["fra1", "iad1"] },
    ],
    [{ target: "cloudflare" }, { memoryMb: 128, vcpus: 1, maxDurationSeconds: null, regions: ["global"] }],
  ] as const)("of %j is %j", (input, expected) => {
    expect(planModel(input).function).toEqual(expected);
  });

  test("cannot be larger than the platform has", () => {
    expect(() => planModel({ memoryMb: 8192 })).toThrow(CliError);
    expect(() => planModel({ vcpus: 4 })).toThrow("--vcpus 4 is more than the 2");
  });

  test("that needs a larger plan says so", () => {
    expect(planModel({ memoryMb: 4096 }).warnings.join()).toContain("Pro plan");
    expect(planModel({ regions: ["fra1", "iad1"] }).warnings.join()).toContain("Pro or Enterprise");
    expect(planModel({ target: "cloudflare", memoryMb: 512 }).warnings.join()).toContain("128 MB");
  });
});

describe("the platform", () => {
  test.each([
    [{ model: "use-lite" }, "vercel", "native code"],
    [{ model: "Mistral-7B" }, "vercel", "at most 7B"],
    [{ model: "Llama-3.1-8B" }, "vercel", "--regions global"],
    [{ model: "Llama-3.1-8B", regions: ["global"] }, "cloudflare", "coverage in many cities"],
    [{ model: "Mistral-7B", regions: ["global"] }, "vercel", "at most 7B"],
    [{ model: "Llama-3.1-8B", target: "vercel" }, "vercel", "--target vercel was asked for"],
    [{ model: "use-lite", target: "cloudflare" }, "cloudflare", "--target cloudflare was asked for"],
    [{ model: "use-lite", target: "local" }, "vercel", "on this machine"],
  ] as const)("of %j is %s", (input, platform, why) => {
    const plan = planModel(input);
    expect(plan.platform).toBe(platform);
    expect(plan.platformReason).toContain(why);
  });

  test("without native code names the ways out", () => {
    const plan = planModel({ model: "use-lite", target: "cloudflare", mode: "local" });
    expect(plan.fits).toBe(false);
    expect(reason(plan, "native-code")?.text).toMatch(/Workers AI.*external endpoint.*WebAssembly/);
  });

  test("has no such region", () => {
    expect(() => planModel({ regions: ["mars1"] })).toThrow('Vercel has no region "mars1"');
    expect(errorOf({ regions: ["fra2", "iad1"] })).toMatchObject({
      code: "USAGE",
      hint: expect.stringContaining("did you mean fra1? There are arn1"),
    });
  });
});

test("the time limit grows with the prediction", () => {
  const slow = planModel({ model: "bert-base", tokensIn: 30_000, latencyBudgetMs: 600_000 });
  expect(slow.predicted.p95Ms).toBe(105_898.3);
  expect(slow.function.maxDurationSeconds).toBe(106);
});

test("a model that cannot be local hears nothing about the large tier", () => {
  expect(planModel({ model: "Mistral-7B" }).warnings.join()).not.toContain("large functions");
});

test("a prompt longer than the model reads is a warning", () => {
  const chat = planModel({ model: "smollm2-135m-instruct", tokensIn: 8_000, tokensOut: 500 });
  expect(chat.warnings.join()).toContain("at most 8192 tokens: 8500");
  expect(planModel({ model: "use-lite", tokensIn: 500 }).warnings.join()).toContain("at most 128 tokens: 500");
});

test("whatever is asked, the document is JSON, its numbers are finite and it agrees with itself", () => {
  const loads: PlanInput[] = [
    {},
    { tokensIn: 1e7, tokensOut: 1e6, concurrency: 1_000, requestsPerSecond: 1e6, vcpus: 0.1 },
  ];
  const inputs = models.flatMap(({ id: model }) =>
    tasks.flatMap((task) =>
      [undefined, ...modes].flatMap((mode) =>
        targetNames.flatMap((target) => loads.map((load) => ({ model, task, mode, target, ...load }))),
      ),
    ),
  );
  expect(inputs.length).toBeGreaterThan(2_000);
  expect(inputs.flatMap((input) => complaintsAbout(planModel(input)))).toEqual([]);
});

function complaintsAbout(plan: Plan): string[] {
  const own = plan.reasons.filter(({ mode }) => mode === plan.mode);
  // JSON turns NaN and Infinity into null, so a document that survives it has neither.
  const checks: Record<string, boolean> = {
    "survives JSON": isDeepStrictEqual(JSON.parse(JSON.stringify(plan)), plan),
    "fits unless a rule of its mode says no": plan.fits === (answerOf(own) !== false),
    "starts with the table": plan.reasons[0]?.rule === "size-class" && plan.reasons[0].passed === true,
    "judges the other modes": plan.alternatives.length === 2,
    "has nearest only when nothing fits": plan.fits === (plan.nearest === undefined),
  };
  return Object.entries(checks).flatMap(([name, holds]) => (holds ? [] : [`${name}: ${JSON.stringify(plan)}`]));
}

function errorOf(input: PlanInput): unknown {
  try {
    return planModel(input);
  } catch (error) {
    return error;
  }
}

function inputOf(flags: string[]): PlanInput {
  const names: Record<string, keyof PlanInput> = {
    "--latency-budget": "latencyBudgetMs",
    "--cold-start-budget": "coldStartBudgetMs",
    "--model": "model",
    "--mode": "mode",
  };
  const pairs = flags.flatMap((flag, index) => {
    const [key, value] = [names[flag], flags[index + 1]];
    return key === undefined ? [] : [[key, key.endsWith("Ms") ? Number(value) : value]];
  });
  return Object.fromEntries([...(flags.includes("--model") ? [["params", undefined]] : []), ...pairs]);
}
