import fs from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { allAdvice } from "../../../src/advise/advise.ts";
import { healthTroubles, planTroubles } from "../../../src/advise/troubles.ts";
import type { Advice, Situation, Topic, Trouble } from "../../../src/advise/types.ts";
import { models } from "../../../src/data/models.ts";
import { CliError } from "../../../src/errors.ts";
import type { HealthDocument } from "../../../src/health/document.ts";
import { planModel } from "../../../src/plan/plan.ts";
import type { Plan, PlanInput } from "../../../src/plan/types.ts";
import { streaming } from "../health/reports/chat-results.ts";
import { passing, refused } from "../health/reports/results.ts";

const local: PlanInput = { model: "all-minilm-l6-v2", task: "embeddings", mode: "local" };
const chat: PlanInput = { model: "gpt-4o-mini", task: "chat", mode: "external" };

function trouble(topic: Topic): Trouble {
  return { topic, from: "alert", text: topic, actual: null, limit: null, unit: "ms" };
}

interface Case {
  app?: PlanInput | null;
  topics?: readonly Topic[];
  change?: Partial<Situation>;
}

function situation({ app = local, topics = ["latency"], change = {} }: Case): Situation {
  const planWith = (more: Partial<PlanInput>): Plan | null => {
    try {
      return app === null ? null : planModel({ ...app, ...more });
    } catch (error) {
      if (error instanceof CliError) return null;
      throw error;
    }
  };
  return {
    troubles: topics.map(trouble),
    plan: planWith({}),
    planWith,
    measured: null,
    parts: { routes: ["embeddings", "prefetch"], options: [] },
    models,
    ...change,
  };
}

const advise = (given: Case): Advice[] => allAdvice(situation(given), null, null);
const find = (name: string, given: Case): Advice | undefined => advise(given).find(({ remedy }) => remedy === name);

function measurement(p50: number, p95: number, coldStartMs: number | null): HealthDocument["measurement"] {
  const { measurement: found } = passing().document;
  return { ...found, coldStartMs, latencyMs: { ...found.latencyMs, p50, p95 } };
}

const rank = ({ effects }: Advice): [number, number] => {
  const kinds = { predicted: 0, assumed: 0, bound: 1, unknown: 2 };
  const all = effects.map(({ kind, gain }) => [gain === null ? 2 : kinds[kind], gain ?? 0] as [number, number]);
  return all.toSorted((a, b) => a[0] - b[0] || b[1] - a[1])[0] ?? [2, 0];
};

const slow = (): HealthDocument => {
  const { document } = passing();
  const [check] = document.checks;
  const broken = { ...check, name: "p95", unit: "ms", limit: 100, actual: 400, verdict: "fail", text: "slow" };
  const checks = [broken as HealthDocument["checks"][number]];
  return { ...document, verdict: "fail", checks, measurement: measurement(200, 400, 2_000) };
};

describe("nothing is wrong", () => {
  test("nothing is advised, whatever could be better", () => {
    expect(advise({ topics: [] })).toEqual([]);
    expect(allAdvice(situation({ topics: [] }), passing().document, null)).toEqual([]);
  });
});

describe("a smaller model", () => {
  test("the largest smaller one that fits, with the time by the ratio of the predictions", () => {
    const given = { change: { measured: measurement(900, 1_000, null) } };
    const now = situation(given);
    const found = find("smaller model", given);
    const id = /^edge-ai models pull (\S+)$/.exec(found?.command ?? "")?.[1] ?? "";
    const then = planModel({ ...local, model: id });
    expect(then.model.params).toBeLessThan(now.plan?.model.params ?? 0);
    const ratio = (then.predicted.p95Ms ?? 0) / (now.plan?.predicted.p95Ms ?? 1);
    expect(ratio).toBeLessThan(1);
    const p95 = found?.effects.find(({ on }) => on === "p95");
    expect(p95).toMatchObject({ kind: "predicted", before: 1_000, unit: "ms" });
    expect(p95?.after).toBeCloseTo(1_000 * ratio, -1);
    expect(p95?.gain).toBeCloseTo(1 - ratio, 9);
    expect(p95?.explained[0]).toMatchObject({ value: p95?.after, formula: expect.stringContaining("measured ×") });
  });

  test("there is none below the smallest", () => {
    const [smallest] = models
      .filter(({ task }) => task === "feature-extraction")
      .toSorted((x, y) => x.params.total - y.params.total);
    expect(find("smaller model", { app: { ...local, model: smallest?.id } })).toBeUndefined();
  });

  test("how fast an endpoint is with it nobody knows", () => {
    const found = find("smaller model", { app: { model: "qwen2.5-7b-instruct", task: "chat", mode: "hybrid" } });
    expect(found?.command).toMatch(/^edge-ai plan --model \S+ --task chat --mode hybrid$/);
    expect(found?.effects).toMatchObject([
      { on: "p95", kind: "unknown", gain: null },
      { on: "first token p95", kind: "unknown", gain: null },
    ]);
  });
});

describe("warm-up", () => {
  test("saves at most the cold start, and says that the share is not known", () => {
    const given = { topics: ["cold-start"] as const, change: { measured: measurement(40, 80, 2_000) } };
    const found = find("warm-up", given);
    expect(found?.effects).toMatchObject([{ on: "cold start", kind: "bound", before: 2_000, after: 80, gain: 0.96 }]);
    expect(found?.effects[0]?.text).toMatch(/at most 2 s less.*more than 5 %.*unknown until measured/);
  });

  test("an app without the route gets it, one with it is told to call it", () => {
    const topics = ["cold-start"] as const;
    expect(find("warm-up", { topics })).toMatchObject({ command: null, text: expect.stringContaining("cron") });
    const parts = { routes: [], options: [] };
    expect(find("warm-up", { topics, change: { parts } })?.command).toBe("edge-ai add prefetch");
  });

  test("a quick first request needs none", () => {
    expect(find("warm-up", { change: { measured: measurement(40, 80, 60) } })).toBeUndefined();
  });
});

describe("caching", () => {
  test("its hit rate is an assumption, and p95 stays between two figures that were measured", () => {
    const found = find("caching", { topics: ["cost", "latency"], change: { measured: measurement(100, 400, null) } });
    expect(found?.text).toContain("assumed here: 30 %");
    expect(found?.effects).toMatchObject([
      { topic: "cost", kind: "assumed", gain: 0.3 },
      { on: "p95", kind: "bound", before: 400, after: 100, gain: 0.75 },
    ]);
    // 1 - 0.05 / (1 - 0.3)
    expect(found?.effects[1]?.explained[0]?.value).toBe(0.9286);
    expect(found?.effects[1]?.text).toBe("p95: becomes the 92.9 % quantile of today, so between 100 ms and 400 ms");
  });

  test("a measured price is the base", () => {
    const { measurement: measured } = streaming().document;
    const mean = measured.cost?.meanUsd ?? 0;
    const found = find("caching", { app: chat, topics: ["cost"], change: { measured } });
    expect(mean).toBeGreaterThan(0);
    expect(found?.effects[0]).toMatchObject({ on: "cost per request", before: mean, after: mean * 0.7 });
  });

  test("an app that has it gets no other one", () => {
    const parts = { routes: [], options: ["cache", "rate-limit", "queue", "batching"] };
    const names = advise({ topics: ["cost", "latency", "throughput"], change: { parts } }).map(({ remedy }) => remedy);
    for (const name of ["caching", "rate limits", "queue", "batching"]) expect(names).not.toContain(name);
  });
});

describe("more of a processor", () => {
  test("two vCPUs halve the time of two requests at once, by the load formula", () => {
    const found = find("more vCPUs", { app: { ...local, concurrency: 2 } });
    expect(found?.effects[0]?.gain).toBeCloseTo(0.5, 1);
    expect(found?.command).toContain("--vcpus 2 --memory 4096 --concurrency 2");
  });

  test("one request at a time uses one: no advice without a gain", () => {
    expect(find("more vCPUs", { app: local })).toBeUndefined();
    expect(find("concurrency", { app: local })).toBeUndefined();
  });

  test("fewer at once, when more are asked for", () => {
    const found = find("concurrency", { app: { ...local, concurrency: 4 } });
    expect(found?.effects[0]?.gain).toBeCloseTo(0.75, 1);
    expect(found?.command).toContain("--concurrency 1");
  });

  test("a model at an endpoint is not helped by either", () => {
    const names = advise({ app: { ...chat, concurrency: 4 } }).map(({ remedy }) => remedy);
    expect(names).not.toContain("more vCPUs");
    expect(names).not.toContain("concurrency");
  });
});

describe("local inference", () => {
  const hybrid: PlanInput = { model: "bge-small-en-v1.5", task: "embeddings", mode: "hybrid" };

  test("what was measured of the endpoint, against what is predicted of the function", () => {
    const found = find("local inference", { app: hybrid, change: { measured: measurement(400, 900, null) } });
    const { predicted } = planModel({ ...hybrid, mode: "local" });
    expect(found?.command).toBe("edge-ai plan --model bge-small-en-v1.5 --task embeddings --mode local");
    expect(found?.effects[0]).toMatchObject({ kind: "predicted", before: 900, after: predicted.p95Ms });
  });

  test("nothing measured: unknown until it is", () => {
    expect(find("local inference", { app: hybrid })?.effects[0]).toMatchObject({ kind: "unknown", gain: null });
  });

  test("not for what is local, nor for images", () => {
    expect(find("local inference", { app: local })).toBeUndefined();
    expect(find("local inference", { app: { model: "flux.1-schnell", mode: "external" } })).toBeUndefined();
  });
});

describe("rate limits", () => {
  test("the most that one caller can cost: 60 a minute × 43,200 minutes × the mean cost", () => {
    const { measurement: measured } = streaming().document;
    const mean = measured.cost?.meanUsd ?? 0;
    const effect = find("rate limits", { app: chat, topics: ["cost"], change: { measured } })?.effects[0];
    expect(effect).toMatchObject({ kind: "bound", after: 60 * 43_200 * mean, gain: null });
  });

  test("without a price nobody knows", () => {
    expect(find("rate limits", { app: chat, topics: ["cost"] })?.effects[0]?.kind).toBe("unknown");
  });
});

describe("shorter answers", () => {
  test("half the tokens of a local chat, by the planner", () => {
    const app: PlanInput = { model: "smollm2-135m-instruct", task: "chat", mode: "local" };
    const found = find("shorter answers", { app });
    const [now, then] = [planModel(app), planModel({ ...app, tokensOut: 64 })];
    expect(found?.effects[0]?.gain).toBeCloseTo(1 - (then.predicted.p95Ms ?? 0) / (now.predicted.p95Ms ?? 1), 9);
  });

  test("vectors have no length", () => {
    expect(find("shorter answers", { app: local })).toBeUndefined();
  });
});

describe("the order", () => {
  const everything: readonly Topic[] = ["latency", "first-token", "cold-start", "errors", "throughput", "cost", "fit"];

  test.each([
    [local, measurement(900, 1_000, 3_000)],
    [{ ...local, concurrency: 4 }, null],
    [chat, streaming().document.measurement],
    [{ model: "qwen2.5-7b-instruct", task: "chat", mode: "hybrid" } satisfies PlanInput, null],
  ])("known gains first, the largest in front; what nobody knows last: %j", (app, measured) => {
    const ranks = advise({ app, topics: everything, change: { measured } }).map(rank);
    expect(ranks.length).toBeGreaterThan(4);
    expect(ranks).toEqual(ranks.toSorted((a, b) => a[0] - b[0] || b[1] - a[1]));
  });

  test("every effect is a number with a formula, or says that it is unknown", () => {
    for (const app of [local, { ...local, concurrency: 4 }, chat]) {
      for (const { remedy, effects } of advise({ app, topics: everything })) {
        expect(effects.length, remedy).toBeGreaterThan(0);
        for (const effect of effects) {
          if (effect.kind === "unknown")
            expect(effect).toMatchObject({ gain: null, text: expect.stringContaining("unknown until measured") });
          else {
            expect(effect.explained.length, remedy).toBeGreaterThan(0);
            expect(effect.gain === null || (effect.gain <= 1 && !Number.isNaN(effect.gain))).toBe(true);
          }
        }
      }
    }
  });

  test("a remedy that is known not to help is not told", () => {
    const all = advise({ app: { ...local, concurrency: 4 }, topics: ["latency"] });
    const known = all.flatMap(({ effects }) =>
      effects.filter(({ topic, kind }) => topic === "latency" && kind === "predicted"),
    );
    expect(known.length).toBeGreaterThan(1);
    expect(Math.min(...known.map(({ gain }) => gain ?? 0))).toBeGreaterThan(0);
  });
});

describe("what the health check says itself", () => {
  const context = { task: "embeddings", mode: "local", target: "vercel" } as const;

  test("a refusal comes first, with its own command", () => {
    const { document } = refused();
    const all = allAdvice(situation({ topics: [] }), document, context);
    expect(all[0]).toMatchObject({ remedy: "from the health check" });
    expect(all.length).toBeGreaterThan(0);
  });

  test("what advise says with numbers is not said twice, and nobody is sent to a plan that is made", () => {
    const document = slow();
    const change = { troubles: healthTroubles(document), measured: document.measurement };
    const all = allAdvice(situation({ change }), document, context);
    expect(all.filter(({ text }) => /^warm up|^region|^every request is slow/.test(text))).toHaveLength(2);
    const told = all.filter(({ remedy }) => remedy === "from the health check");
    expect(told.filter(({ command }) => command?.startsWith("edge-ai plan"))).toEqual([]);
  });

  test("its limits are what is wrong", () => {
    expect(healthTroubles(slow())).toEqual([
      { topic: "latency", from: "health check", text: "p95: slow", actual: 400, limit: 100, unit: "ms" },
    ]);
    expect(healthTroubles(passing().document)).toEqual([]);
  });
});

describe("a plan that does not fit", () => {
  const app: PlanInput = { model: "Qwen3-0.6B", task: "chat", mode: "local" };
  const plan = planModel(app);

  test("its rules are what is wrong", () => {
    expect(plan.fits).toBe(false);
    const found = planTroubles(plan);
    expect(found.map(({ topic }) => topic)).toContain("first-token");
    expect(planTroubles(planModel(local))).toEqual([]);
  });

  test("what makes it pass comes first", () => {
    const all = allAdvice(situation({ app, change: { troubles: planTroubles(plan) } }), null, null);
    expect(all[0]).toMatchObject({
      remedy: "nearest that fits",
      command: expect.stringMatching(/^edge-ai plan --model/),
    });
  });
});

describe("an app that is only known by its URL", () => {
  test("gets what needs no plan, and no invented number", () => {
    const topics: readonly Topic[] = ["cost", "latency", "errors"];
    const all = advise({ app: null, topics, change: { parts: null } });
    expect(all.map(({ remedy }) => remedy)).toEqual(expect.arrayContaining(["caching", "rate limits", "queue"]));
    const numbers = all.flatMap(({ effects }) => effects).filter(({ kind }) => kind === "predicted");
    expect(numbers).toEqual([]);
  });
});

describe("numbers of the templates", () => {
  test.each([
    ["rate-limit", "RATE_LIMIT_PER_MINUTE, 60)"],
    ["batching", "WINDOW_MS = 5;"],
    ["queue", "QUEUE_MAX_WAIT_MS, 2_000)"],
  ])("that advice on %s names are those of its file", async (name, line) => {
    expect(await fs.readFile(`templates/app/lib/${name}.ts`, "utf8")).toContain(line);
  });
});
