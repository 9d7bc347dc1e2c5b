import * as fc from "fast-check";
import { expect, test } from "vitest";
import { modes, targetNames, tasks } from "../../../src/config/words.ts";
import { assumptions, engines, type EngineName } from "../../../src/data/engines.ts";
import { models } from "../../../src/data/models.ts";
import { vercelRegions } from "../../../src/data/platforms.ts";
import { formatBytes, formatMs } from "../../../src/plan/format.ts";
import { draftPlan, planModel } from "../../../src/plan/plan.ts";
import { renderPlan } from "../../../src/plan/render.ts";
import { inputOf } from "./taken.ts";
import type {
  Measured,
  MonthlyCost,
  Plan,
  PlanInput,
  PlanKnowledge,
  Predicted,
  Reason,
} from "../../../src/plan/types.ts";

/** What holds of every plan, tried on many that nobody wrote down. */

const RUNS = { numRuns: 1_500 };
/** Of those that also look for what is near, which takes twenty times as long. */
const NEAR_RUNS = { numRuns: 300 };

const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined, freq: 2 });
const log = (from: number, to: number): fc.Arbitrary<number> =>
  fc.double({ min: Math.log(from), max: Math.log(to), noNaN: true }).map((power) => Math.round(Math.exp(power)));

const load = fc.record({
  latencyBudgetMs: optional(log(1, 100_000)),
  coldStartBudgetMs: optional(log(100, 5_000)),
  concurrency: optional(fc.integer({ min: 1, max: 50 })),
  requestsPerSecond: optional(log(1, 100_000)),
  requestsPerMonth: optional(log(1, 1e10)),
  tokensIn: optional(log(1, 20_000)),
  tokensOut: optional(log(1, 5_000)),
  streaming: optional(fc.boolean()),
  thirdParty: optional(fc.boolean()),
});
const place = fc.record({
  target: optional(fc.constantFrom(...targetNames)),
  regions: optional(fc.subarray([...vercelRegions, "global"], { minLength: 1, maxLength: 3 })),
  memoryMb: optional(fc.integer({ min: 128, max: 4_096 })),
  vcpus: optional(fc.constantFrom(0.5, 1, 1.5, 2)),
});
const task = optional(fc.constantFrom(...tasks));
const named = fc.record({ model: fc.constantFrom(...models.map(({ id }) => id)), task });
/** Most around what fits a function, and around the lines of the table. */
const params = fc.oneof({ weight: 1, arbitrary: log(1_000, 2e12) }, { weight: 3, arbitrary: log(3e7, 2e10) });
const sized = fc.record({ params, task });
const mode = fc.record({ mode: optional(fc.constantFrom(...modes)) });
const inputs: fc.Arbitrary<PlanInput> = fc
  .tuple(fc.oneof(named, sized), load, place, mode)
  .map(([what, asked, where, forced]) => ({ ...what, ...asked, ...where, ...forced }));
const free = inputs.map((input): PlanInput => ({ ...input, mode: undefined }));
const local = inputs.map((input): PlanInput => ({ ...input, mode: "local", target: "vercel" }));

const knowledges: fc.Arbitrary<PlanKnowledge> = fc
  .record({ price: optional(log(1, 10_000)), monthlyBudgetUsd: log(1, 10_000) })
  .map(({ price }) => (price === undefined ? {} : { monthlyCost: () => costing(price) }));

function costing(usd: number): MonthlyCost {
  return { usd, text: `$${usd.toFixed(2)} a month`, source: "a price of the test" };
}

/** A plan without what is near to it, which takes most of the time. */
const draft = (input: PlanInput, knowledge: PlanKnowledge = {}): Plan => draftPlan(input, knowledge).plan;

const locality = (plan: Plan): number => modes.indexOf(plan.mode);

test("a bigger --params never becomes more local", () => {
  // With much patience, so that it is the size that decides.
  const patient = fc.record({ latencyBudgetMs: log(2_000, 1_000_000) });
  const cases = fc.tuple(fc.tuple(sized, fc.oneof(patient, patient, load), place), params);
  fc.assert(
    fc.property(cases, ([[{ params: one, task: kind = "embeddings" }, asked, where], other]) => {
      const [small, big] = [Math.min(one, other), Math.max(one, other)];
      const plan = (count: number): Plan => draft({ ...asked, ...where, params: count, task: kind });
      expect(locality(plan(big))).toBeGreaterThanOrEqual(locality(plan(small)));
    }),
    RUNS,
  );
});

test("a tighter budget never picks a slower plan, nor one that is more local", () => {
  fc.assert(
    fc.property(free, log(1, 100_000), log(1, 100_000), (input, one, other) => {
      const plan = (latencyBudgetMs: number): Plan => draft({ ...input, latencyBudgetMs });
      const [tight, loose] = [plan(Math.min(one, other)), plan(Math.max(one, other))];
      expect(!tight.fits || !loose.fits || locality(tight) >= locality(loose)).toBe(true);
      expect(slower(tight, loose)).toEqual([]);
    }),
    RUNS,
  );
});

test("more requests at once are never predicted to be faster", () => {
  fc.assert(
    fc.property(local, fc.integer({ min: 1, max: 49 }), (input, concurrency) => {
      const few = draft({ ...input, concurrency });
      expect(slower(few, draft({ ...input, concurrency: concurrency + 1 }))).toEqual([]);
    }),
    RUNS,
  );
});

test("more tokens are never predicted to be faster", () => {
  fc.assert(
    fc.property(local, fc.integer({ min: 1, max: 5_000 }), (input, tokensIn) => {
      const short = draft({ ...input, tokensIn });
      expect(slower(short, draft({ ...input, tokensIn: tokensIn * 2 }))).toEqual([]);
    }),
    RUNS,
  );
});

test("more memory or vCPUs never rule out what fitted", () => {
  fc.assert(
    fc.property(local, fc.integer({ min: 128, max: 4_095 }), fc.constantFrom(0.5, 1, 1.5), (input, memoryMb, vcpus) => {
      const small = draft({ ...input, memoryMb, vcpus });
      for (const more of [
        { memoryMb: 4_096, vcpus },
        { memoryMb, vcpus: 2 },
        { memoryMb: 4_096, vcpus: 2 },
      ]) {
        expect(!small.fits || draft({ ...input, ...more }).fits, JSON.stringify(more)).toBe(true);
      }
    }),
    RUNS,
  );
});

test("no number is NaN or Infinity, and the document survives JSON", () => {
  fc.assert(
    fc.property(inputs, knowledges, log(1, 10_000), (input, knowledge, monthlyBudgetUsd) => {
      const plan = planModel({ ...input, monthlyBudgetUsd }, knowledge);
      expect(numbersOf(plan).filter((value) => !Number.isFinite(value))).toEqual([]);
      expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    }),
    NEAR_RUNS,
  );
});

test("units and sums are consistent", () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const { plan, judged } = draftPlan(input, {});
      for (const { predicted } of [plan, ...plan.alternatives]) expectConsistent(predicted);
      const found = judged.local.situation.local;
      if (found === null) return;
      const { candidate, tokenizerBytes, bundleBytes } = found;
      const engine = engines[candidate.engine satisfies EngineName].bundleBytes.value;
      expect(bundleBytes).toBe(engine + candidate.bytes + tokenizerBytes + assumptions.appBytes.value);
      expect(found.memoryBytes).toBeGreaterThan(candidate.bytes);
    }),
    RUNS,
  );
});

test("every reason says yes or no as its numbers do", () => {
  fc.assert(
    fc.property(inputs, knowledges, log(1, 10_000), (input, knowledge, monthlyBudgetUsd) => {
      const plan = draft({ ...input, monthlyBudgetUsd }, knowledge);
      const reasons = [...plan.reasons, ...plan.alternatives.flatMap(({ ruledOut = [] }) => ruledOut)];
      expect(reasons.filter((reason) => !agrees(reason))).toEqual([]);
      for (const { failed, ruledOut = [], passed } of plan.alternatives) {
        expect(ruledOut.map(({ rule }) => rule)).toEqual(failed);
        expect(passed === false).toBe(failed.length > 0);
      }
    }),
    RUNS,
  );
});

test("what moved a plan says so: its row first, then each mode up to the chosen one", () => {
  fc.assert(
    fc.property(free, (input) => {
      const plan = draft(input);
      const movers = plan.reasons.filter(({ movedTo }) => movedTo !== undefined);
      expect(plan.reasons[0]).toMatchObject({ rule: "size-class", mode: plan.tableMode, passed: true });
      expect(movers.length > 0).toBe(plan.mode !== plan.tableMode);
      expect(movers.every(({ passed }) => passed === false)).toBe(true);
    }),
    RUNS,
  );
});

test("whatever would fit, or bring a plan back, does", () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const plan = planModel(input);
      expect(plan.fits).toBe(plan.nearest === undefined);
      expect(plan.back === undefined || (plan.fits && plan.back.length > 0)).toBe(true);
      const changes = [...(plan.nearest ?? []), ...(plan.back ?? [])].filter(({ kind }) => kind !== "weights");
      for (const change of changes) {
        const other = draft({ ...input, ...inputOf(change) });
        expect(other.fits, change.text).toBe(true);
        if (plan.fits) expect(other.mode, change.text).toBe(plan.tableMode);
      }
    }),
    NEAR_RUNS,
  );
});

test("text and JSON agree", () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const plan = planModel(input);
      const text = renderPlan(plan);
      expect(text.startsWith(`${plan.fits ? "" : "does not fit "}${plan.mode} on ${plan.platform} — `)).toBe(true);
      for (const reason of plan.reasons) expect(text).toContain(reason.text);
      for (const warning of plan.warnings) expect(text).toContain(`! ${warning}`);
      for (const { mode: other, failed } of plan.alternatives) {
        const line = text.split("\n").find((each) => each.startsWith(`  `) && each.slice(4).startsWith(`${other}: `));
        expect(line, other).toBeDefined();
        expect(failed.filter((rule) => line?.includes(rule) !== true)).toEqual([]);
      }
      const { p95Ms, memoryBytes, bundleBytes } = plan.predicted;
      if (p95Ms !== null) expect(text).toContain(`p95 ${formatMs(p95Ms)}`);
      if (memoryBytes !== null) expect(text).toContain(`memory ${formatBytes(memoryBytes)}`);
      if (bundleBytes !== null) expect(text).toContain(`bundle ${formatBytes(bundleBytes)}`);
    }),
    NEAR_RUNS,
  );
});

test("a measurement of the very load replaces the prediction whole, and nothing else", () => {
  fc.assert(
    fc.property(local, log(1, 60_000), (input, p95Ms) => {
      const before = draft(input);
      const { model, workload } = before;
      if (model.id === null || model.variant === null) return;
      const one: Measured = {
        modelId: model.id,
        engine: model.variant.engine,
        dtype: model.variant.dtype,
        standIn: false,
        ...workload,
        p95Ms,
        firstTokenMs: p95Ms / 2,
        tokensPerSecond: 25,
        cpuMs: p95Ms,
        coldStartMs: 900,
        memoryBytes: before.predicted.memoryBytes ?? 1,
        bundleBytes: before.predicted.bundleBytes ?? 1,
        requests: 60,
        machine: "a machine",
        measuredAt: "2026-11-23T00:00:00.000Z",
      };
      const after = draft(input, { measured: [one] });
      expect(after.predicted).toMatchObject({ p95Ms, cpuMs: p95Ms, coldStartMs: 900, ranges: {} });
      const otherwise = draft(input, { measured: [{ ...one, concurrency: workload.concurrency + 1 }] });
      // That there is one is told.
      expect({ ...otherwise, warnings: [] }).toEqual({ ...before, warnings: [] });
    }),
    RUNS,
  );
});

/**
 * The figures by which one plan is slower than another, as far as both are known. Where no weights fit, the smallest stand for
 * them, which may be faster than larger ones that did.
 */
function slower({ predicted: one }: Plan, { predicted: other, mode: where, reasons }: Plan): string[] {
  const failed = new Set(
    reasons.filter((each) => each.mode === where && each.passed === false).map(({ rule }) => rule),
  );
  if (failed.has("bundle-bytes") || failed.has("memory-bytes")) return [];
  return [
    ...(isOver(one.p95Ms, other.p95Ms) ? [`p95 ${one.p95Ms} > ${other.p95Ms}`] : []),
    ...(isOver(one.firstTokenMs, other.firstTokenMs)
      ? [`first token ${one.firstTokenMs} > ${other.firstTokenMs}`]
      : []),
    ...(isOver(other.tokensPerSecond, one.tokensPerSecond)
      ? [`${one.tokensPerSecond} < ${other.tokensPerSecond}`]
      : []),
  ];
}

function isOver(less: number | null, more: number | null): boolean {
  return less !== null && more !== null && less > more;
}

function expectConsistent({ ranges, ...figures }: Predicted): void {
  const { p95Ms, firstTokenMs, tokensPerSecond } = figures;
  if (p95Ms !== null && firstTokenMs !== null) expect(p95Ms).toBeGreaterThanOrEqual(firstTokenMs);
  if (tokensPerSecond !== null) expect(firstTokenMs).not.toBeNull();
  for (const value of Object.values(figures)) if (value !== null) expect(value).toBeGreaterThanOrEqual(0);
  for (const key of Object.keys(figures) as (keyof typeof figures)[]) {
    const range = ranges[key];
    if (range === undefined) continue;
    const [low, high] = range;
    const value = figures[key];
    expect(low).toBeLessThanOrEqual(value ?? Number.NaN);
    expect(high).toBeGreaterThanOrEqual(value ?? Number.NaN);
    expect(high / low, `${key} ${low}–${high}`).toBeLessThanOrEqual(2.5 * 1.005);
  }
}

/** Of most rules the number may be at most the limit. */
function agrees({ rule, mode: where, passed, actual, limit }: Reason): boolean {
  if (rule === "task") return passed === false;
  if (rule === "size-class" && limit === null) return passed === true;
  if (actual === null || limit === null) return passed === null;
  if (rule === "instances" && passed === null) return actual > limit;
  if (rule === "tokens-per-second") return passed === actual >= limit;
  if (rule === "size-class" && where === "local") return passed === actual < limit;
  return passed === actual <= limit;
}

function numbersOf(value: unknown): number[] {
  if (typeof value === "number") return [value];
  return value === null || typeof value !== "object" ? [] : Object.values(value).flatMap(numbersOf);
}
