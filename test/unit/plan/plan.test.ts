import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { modes, targetNames, tasks, type Mode } from "../../../src/config/words.ts";
import { models } from "../../../src/data/models.ts";
import { CliError } from "../../../src/errors.ts";
import { draftPlan, planModel } from "../../../src/plan/plan.ts";
import { renderPlan } from "../../../src/plan/render.ts";
import { answerOf } from "../../../src/plan/rules.ts";
import type { KnownModel, Measured, MonthlyCost, Plan, PlanInput, Reason } from "../../../src/plan/types.ts";
import { inputOf } from "./taken.ts";

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
      actual: plan.alternatives[1]?.predicted.bundleBytes,
      limit: 262_144_000,
      unit: "bytes",
    });
    expect(plan.alternatives).toMatchObject([
      { mode: "external", passed: null, failed: [], ruledOut: [] },
      {
        mode: "local",
        passed: false,
        failed: ["bundle-bytes", "first-token"],
        ruledOut: [{ rule: "bundle-bytes", limit: 262_144_000 }, { rule: "first-token" }],
      },
    ]);
    expect(plan).toMatchObject({ tableMode: "local", mode: "hybrid", runnerUp: "external" });
  });

  test("says which reasons moved it, and where to", () => {
    const movers = plan.reasons.filter(({ movedTo }) => movedTo !== undefined);
    expect(movers.map(({ rule, mode, movedTo }) => [rule, mode, movedTo])).toEqual([
      ["bundle-bytes", "local", "hybrid"],
      ["first-token", "local", "hybrid"],
    ]);
    expect(planModel({ model: "use-lite" }).reasons.some((one) => "movedTo" in one)).toBe(false);
  });

  test("says what would bring it back, and that does", () => {
    expect(plan.back?.map(({ kind }) => kind)).toEqual(["model"]);
    const near: PlanInput = { model: "smollm2-360m-instruct" };
    const moved = planModel(near);
    expect(moved.back?.map(({ kind, flags }) => [kind, ...flags])).toEqual([
      ["budget", "--latency-budget", expect.stringMatching(/^\d\d00$/)],
      ["tokens", "--tokens-in", expect.stringMatching(/^\d\d$/)],
      ["model", "--model", "smollm2-135m-instruct"],
    ]);
    for (const change of moved.back ?? []) {
      expect(planModel({ ...near, ...inputOf(change) })).toMatchObject({ fits: true, mode: "local" });
    }
  });

  test("has nothing to go back to when nothing brings it there, and when it was sent there", () => {
    expect(planModel({ params: 7_000_001_000 })).not.toHaveProperty("back");
    expect(planModel({ model: "use-lite", mode: "hybrid" })).not.toHaveProperty("back");
  });

  test("takes the prompt and every token, and the safety factor of what nobody measured", () => {
    const local = planModel({ model: "Qwen3-0.6B", task: "classify", tokensIn: 128, tokensOut: 128, mode: "local" });
    expect(reason(local, "latency-p95")?.text).toMatch(
      /: \([\d.]+ m?s for 128 tokens in \+ 128 × [\d.]+ ms\) × 2 \(safety 2, 1 at once\)$/,
    );
    expect(local.predicted.p95Ms).toBeCloseTo((local.predicted.cpuMs ?? 0) * 2, 0);
  });

  test("is told about the large tier and what would still fail in it", () => {
    expect(plan.warnings.join("\n")).toMatch(
      /large functions \(beta, up to 5\.0 GB\).*449\.\d MB.*still fails first-token/,
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
  // Two vCPUs or half the requests keep it, one vCPU does not.
  const alone = planModel({ model: "all-minilm-l6-v2", mode: "local" }).predicted.p95Ms ?? 0;
  const crowded = { model: "all-minilm-l6-v2", mode: "local", concurrency: 18, latencyBudgetMs: alone * 10.5 } as const;
  const inputs: PlanInput[] = [
    { model: "bert-base", mode: "local", latencyBudgetMs: 50 },
    { model: "bert-base", mode: "local", latencyBudgetMs: 50, coldStartBudgetMs: 300 },
    { model: "smollm2-360m-instruct", mode: "local" },
    { model: "Qwen3-0.6B", mode: "local" },
    { model: "Llama-3.1-8B", mode: "hybrid" },
    { model: "all-minilm-l6-v2", task: "chat" },
    { params: 9e8, mode: "local" },
    crowded,
    { model: "multilingual-e5-small", mode: "local", memoryMb: 300 },
    { model: "use-lite", mode: "local", target: "cloudflare" },
    { model: "smollm2-135m-instruct", mode: "local", streaming: false, tokensOut: 700 },
    { model: "Llama-3.1-8B", thirdParty: false },
  ];

  test.each(inputs)("%j: every suggestion fits when it is taken", (input) => {
    const plan = planModel(input);
    expect(plan.fits).toBe(false);
    expect(plan.nearest?.length).toBeGreaterThan(0);
    for (const change of plan.nearest ?? []) {
      expect(planModel({ ...input, ...inputOf(change) }), change.text).toMatchObject({ fits: true });
    }
  });

  test.each([
    [crowded, "machine", ["--vcpus", "2"], undefined],
    [{ model: "multilingual-e5-small", mode: "local", memoryMb: 300 }, "machine", ["--memory", "2048"], undefined],
    [crowded, "concurrency", ["--concurrency", "10"], undefined],
    [{ model: "use-lite", mode: "local", target: "cloudflare" }, "target", ["--target", "vercel"], undefined],
    [
      { model: "smollm2-135m-instruct", mode: "local", streaming: false, tokensOut: 700 },
      "streaming",
      [],
      ["--no-stream"],
    ],
    [{ model: "Llama-3.1-8B", thirdParty: false }, "third-party", [], ["--no-third-party"]],
  ] as const)("%j: %s %j", (input, kind, flags, without) => {
    const found = planModel(input).nearest?.find((near) => near.kind === kind);
    expect(found).toMatchObject({ flags, ...(without !== undefined && { without }) });
  });

  test("names weights that nobody listed, where those would fit", () => {
    const model: KnownModel = {
      id: "someone/fp32-only",
      pipeline: "feature-extraction",
      params: { total: 100e6, active: 100e6 },
      arch: {},
      context: 512,
      tokenizerBytes: null,
      variants: [{ engine: "onnx", dtype: "fp32", bytes: 400e6, source: "hub-listing" }],
      confidence: "hub",
      source: "the Hub",
      warnings: [],
    };
    const plan = planModel({ model: model.id, mode: "local" }, { model });
    expect(plan).toMatchObject({ fits: false, model: { variant: { dtype: "fp32" }, confidence: "hub" } });
    expect(plan.nearest?.[0]).toMatchObject({ kind: "weights", text: expect.stringContaining("q8 weights") });
  });

  test("is a bigger budget, then the largest smaller model, then another mode", () => {
    const { nearest, predicted } = planModel({ model: "bert-base", mode: "local", latencyBudgetMs: 50 });
    expect(nearest?.map(({ kind, flags }) => [kind, ...flags])).toEqual([
      ["budget", "--latency-budget", `${Math.ceil(predicted.p95Ms ?? 0)}`],
      ["tokens", "--tokens-in", expect.stringMatching(/^\d\d$/)],
      ["model", "--model", expect.stringMatching(/l12|e5-small|bge-small|jina/)],
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
    const { instances, predicted } = planModel({ model: "use-lite", requestsPerSecond: 1_000 });
    const perInstanceRps = Number((1_000 / (predicted.p95Ms ?? 0)).toPrecision(3));
    const needed = Math.ceil(1_000 / perInstanceRps);
    expect(instances).toMatchObject({ needed, perInstanceRps, predicted: true, concurrencyPerInstance: 1 });
    expect(instances.text).toContain(`${needed} instances with 1 at once in each for 1000 requests a second`);
  });

  test("with two vCPUs serve twice as much", () => {
    const [one, two] = [{}, { vcpus: 2 }].map(
      (more) => planModel({ model: "use-lite", ...more }).instances.perInstanceRps,
    );
    expect((two ?? 0) / (one ?? 1)).toBeCloseTo(2, 1);
  });

  test("come from common experience where there is none, at its low end", () => {
    const plan = planModel({ model: "Mistral-7B", requestsPerSecond: 100 });
    expect(plan.instances).toMatchObject({ needed: 10, perInstanceRps: 10, predicted: false });
    expect(reason(plan, "instances")?.text).toContain("2 to 10 instances");
  });

  test("of requests a month are counted from their mean, and that is said", () => {
    const { instances } = planModel({ model: "bert-base", requestsPerMonth: 26_280_000 });
    expect(instances.needed).toBe(Math.ceil(10 / instances.perInstanceRps));
    expect(instances.text).toContain("10 requests a second, the mean of 26280000 a month");
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
    expect(reason(plan, "native-code")?.text).toMatch(
      /Workers AI.*OpenAI-compatible.*hybrid.*external.*WebAssembly.*no template/,
    );
  });

  test("has no such region", () => {
    expect(() => planModel({ regions: ["mars1"] })).toThrow('Vercel has no region "mars1"');
    expect(errorOf({ regions: ["fra2", "iad1"] })).toMatchObject({
      code: "USAGE",
      hint: expect.stringContaining("did you mean fra1? There are arn1"),
    });
  });
});

describe("chat without streaming", () => {
  test("is judged by its whole answer, within 10 s when no budget was given", () => {
    const plan = planModel({ model: "smollm2-135m-instruct", streaming: false });
    expect(plan).toMatchObject({ mode: "local", latencyBudgetMs: 10_000, workload: { streaming: false } });
    expect(reason(plan, "latency-p95")).toMatchObject({ passed: true, limit: 10_000, actual: plan.predicted.p95Ms });
    expect(reason(plan, "first-token")).toBeUndefined();
    expect(reason(plan, "tokens-per-second")).toBeUndefined();
  });

  test("with the budget of a first token moves", () => {
    const plan = planModel({ model: "smollm2-135m-instruct", streaming: false, latencyBudgetMs: 1_000 });
    expect(plan).toMatchObject({
      mode: "hybrid",
      back: expect.arrayContaining([expect.objectContaining({ kind: "streaming" })]),
    });
  });

  test("changes nothing for other tasks", () => {
    const { reasons } = planModel({ model: "use-lite", streaming: false });
    expect(reasons).toEqual(planModel({ model: "use-lite" }).reasons);
  });
});

describe("without third parties", () => {
  test("local is fine, hybrid needs an endpoint of one's own, external is out", () => {
    const plan = planModel({ model: "use-lite", thirdParty: false });
    expect(reason(plan, "third-party")).toMatchObject({ passed: true, actual: 0, limit: 0 });
    expect(plan.alternatives.map(({ mode, failed }) => [mode, failed])).toEqual([
      ["hybrid", []],
      ["external", ["third-party"]],
    ]);
    const hybrid = planModel({ model: "Mistral-7B", thirdParty: false });
    expect(reason(hybrid, "third-party")).toMatchObject({
      passed: null,
      text: expect.stringContaining("must be yours"),
    });
    expect(hybrid.warnings.join()).toContain("name your own endpoint in AI_BASE_URL");
  });

  test("a large model does not fit, and neither does an image", () => {
    expect(planModel({ model: "Llama-3.1-8B", thirdParty: false })).toMatchObject({ fits: false, mode: "external" });
    expect(planModel({ task: "image", thirdParty: false }).fits).toBe(false);
  });
});

describe("a monthly budget", () => {
  const costs: Record<Mode, number | null> = { local: 40, hybrid: 700, external: null };
  const monthlyCost = ({ mode }: { mode: Mode }): MonthlyCost | null => {
    const usd = costs[mode];
    return usd === null ? null : { usd, text: `$${usd.toFixed(2)} a month`, source: "a price list" };
  };
  const traffic = { model: "use-lite", requestsPerMonth: 1e6 };

  test("is kept or not, by what the mode costs", () => {
    const fits = planModel({ ...traffic, monthlyBudgetUsd: 50 }, { monthlyCost });
    expect(fits).toMatchObject({ mode: "local", monthlyCost: { usd: 40 }, runnerUp: "external" });
    expect(reason(fits, "monthly-cost")).toMatchObject({ passed: true, actual: 40, limit: 50, unit: "USD" });
    expect(fits.alternatives.find(({ mode }) => mode === "hybrid")).toMatchObject({ failed: ["monthly-cost"] });
    const over = planModel({ ...traffic, monthlyBudgetUsd: 20, mode: "local" }, { monthlyCost });
    expect(over.fits).toBe(false);
    expect(reason(over, "monthly-cost")?.text).toBe("$40.00 a month, which is over $20.00 by $20.00 (2×)");
    expect(over.nearest).toContainEqual(expect.objectContaining({ flags: ["--budget", "40"] }));
  });

  test("what is not priced is no pass", () => {
    const plan = planModel({ ...traffic, monthlyBudgetUsd: 20 }, { monthlyCost });
    expect(plan).toMatchObject({ mode: "external", fits: true, monthlyCost: null });
    expect(reason(plan, "monthly-cost")).toMatchObject({ passed: null, actual: null });
    expect(plan.warnings.join()).toContain("monthly-cost is not proven");
    expect(
      reason(planModel({ model: "use-lite", monthlyBudgetUsd: 20 }, { monthlyCost }), "monthly-cost"),
    ).toMatchObject({
      passed: null,
      text: expect.stringContaining("--monthly-requests was not given"),
    });
  });

  test("without traffic nothing is priced", () => {
    expect(planModel({ model: "use-lite" }, { monthlyCost })).not.toHaveProperty("monthlyCost");
  });
});

describe("a measurement", () => {
  const one: Measured = {
    modelId: "all-minilm-l6-v2",
    engine: "onnx",
    dtype: "q8",
    standIn: false,
    tokensIn: 64,
    tokensOut: 0,
    concurrency: 1,
    p95Ms: 6.5,
    firstTokenMs: null,
    tokensPerSecond: null,
    cpuMs: 17,
    coldStartMs: 250,
    memoryBytes: 161e6,
    bundleBytes: 71e6,
    requests: 60,
    machine: "a processor, 2 cores, Node 24",
    measuredAt: "2026-11-22T08:00:00.000Z",
  };
  const asked: PlanInput = { model: "all-minilm-l6-v2", latencyBudgetMs: 8 };

  test("of the same load takes the place of the prediction, without a safety factor", () => {
    expect(planModel(asked)).toMatchObject({ mode: "hybrid", predicted: { p95Ms: null } });
    const plan = planModel(asked, { measured: [one] });
    expect(plan).toMatchObject({
      mode: "local",
      measured: { p95Ms: 6.5 },
      predicted: { p95Ms: 6.5, cpuMs: 17, coldStartMs: 250, memoryBytes: 161e6, bundleBytes: 71e6, ranges: {} },
      instances: { perInstanceRps: 154 },
    });
    expect(reason(plan, "latency-p95")).toMatchObject({
      text: "p95 6.5 ms is within 8 ms: measured on a processor, 2 cores, Node 24, 2026-11-22",
      source: expect.stringContaining("2026-11-22"),
    });
    expect(reason(plan, "memory-bytes")?.text).toContain("measured on a processor");
  });

  test("of another load is told, and not used", () => {
    const plan = planModel({ model: "all-minilm-l6-v2", concurrency: 4 }, { measured: [one] });
    expect(plan.measured).toBeUndefined();
    expect(plan.warnings.join()).toContain("measured for another load");
    expect(planModel(asked, { measured: [one] }).warnings.join()).not.toContain("another load");
  });

  test("the newest counts", () => {
    const newer = { ...one, p95Ms: 30, measuredAt: "2026-11-23T08:00:00.000Z" };
    for (const measured of [
      [one, newer],
      [newer, one],
    ]) {
      expect(planModel({ ...asked, mode: "local" }, { measured }).predicted.p95Ms).toBe(30);
    }
  });

  test("of a stand-in is called one", () => {
    const plan = planModel(asked, { measured: [{ ...one, standIn: true }] });
    expect(reason(plan, "latency-p95")?.text).toContain("measured with random weights of the same shape on");
  });

  test.each([
    ["model", { modelId: "use-lite" }],
    ["weights", { dtype: "fp32" }],
    ["engine", { engine: "gguf" }],
    ["tokens in", { tokensIn: 128 }],
    ["tokens out", { tokensOut: 1 }],
    ["concurrency", { concurrency: 2 }],
  ])("of another %s says nothing", (_, other) => {
    const plan = planModel({ ...asked, mode: "local" }, { measured: [{ ...one, ...other }] });
    expect(plan).not.toHaveProperty("measured");
    expect(plan.predicted).toEqual(planModel({ ...asked, mode: "local" }).predicted);
  });
});

test("the time limit grows with the prediction", () => {
  const slow = planModel({ model: "bert-base", tokensIn: 8_000, latencyBudgetMs: 600_000 });
  expect(slow.predicted.p95Ms).toBeGreaterThan(60_000);
  expect(slow.function.maxDurationSeconds).toBe(Math.ceil((slow.predicted.p95Ms ?? 0) / 1_000));
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
  expect(inputs.flatMap((input) => complaintsAbout(draftPlan(input, {}).plan))).toEqual([]);
});

function complaintsAbout(plan: Plan): string[] {
  const own = plan.reasons.filter(({ mode }) => mode === plan.mode);
  // JSON turns NaN and Infinity into null, so a document that survives it has neither.
  const checks: Record<string, boolean> = {
    "survives JSON": isDeepStrictEqual(JSON.parse(JSON.stringify(plan)), plan),
    "fits unless a rule of its mode says no": plan.fits === (answerOf(own) !== false),
    "starts with the table": plan.reasons[0]?.rule === "size-class" && plan.reasons[0].passed === true,
    "judges the other modes": plan.alternatives.length === 2,
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

test("of a model whose size nobody publishes nothing is predicted inside a function", () => {
  const { alternatives, limits } = planModel({ model: "gpt-5-mini", coldStartBudgetMs: 500, thirdParty: true });
  const local = alternatives.find(({ mode }) => mode === "local");
  expect(local).toMatchObject({ passed: false, predicted: { p95Ms: null, cpuMs: null, bundleBytes: null } });
  expect(local?.failed).toEqual(["size-class"]);
  expect(renderPlan(planModel({ model: "gpt-5-mini" }))).not.toMatch(/99B|100B/);
  expect(limits).toEqual({ coldStartBudgetMs: 500, monthlyBudgetUsd: null, thirdParty: true });
});
