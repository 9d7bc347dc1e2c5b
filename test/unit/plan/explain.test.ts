import { describe, expect, test } from "vitest";
import { loadPrices } from "../../../src/data/token-prices.ts";
import { monthlyCost } from "../../../src/cost/monthly.ts";
import { renderExplained, type Explained } from "../../../src/explain.ts";
import { explainPlan } from "../../../src/plan/explain.ts";
import { formatBytes, formatMs, formatParams, formatRate, formatUsd } from "../../../src/plan/format.ts";
import { planModel } from "../../../src/plan/plan.ts";
import { renderPlan } from "../../../src/plan/render.ts";
import type { Measured, Plan, PlanInput, PlanKnowledge } from "../../../src/plan/types.ts";

const measured: Measured = {
  modelId: "use-lite",
  engine: "onnx",
  dtype: "q8",
  standIn: false,
  tokensIn: 64,
  tokensOut: 0,
  concurrency: 1,
  p95Ms: 12.5,
  firstTokenMs: null,
  tokensPerSecond: null,
  cpuMs: 6.25,
  coldStartMs: 312.5,
  memoryBytes: 151_000_000,
  bundleBytes: 55_000_000,
  requests: 75,
  machine: "a machine of ours",
  measuredAt: "2026-11-23T12:00:00.000Z",
};

const cases: [input: PlanInput, knowledge?: PlanKnowledge][] = [
  [{}],
  [{ model: "use-lite", requestsPerSecond: 100 }],
  [{ model: "use-lite" }, { measured: [measured] }],
  [{ model: "use-lite", latencyBudgetMs: 10 }, { measured: [measured] }],
  [{ model: "all-minilm-l6-v2", requestsPerMonth: 3_000_000, monthlyBudgetUsd: 5 }, { monthlyCost }],
  [{ model: "gpt-4o-mini", requestsPerMonth: 20_000, monthlyBudgetUsd: 5 }, { monthlyCost }],
  [{ model: "bert-base", mode: "local", latencyBudgetMs: 50, coldStartBudgetMs: 300 }],
  [{ model: "bert-base", tokensIn: 600, concurrency: 7, vcpus: 2 }],
  [{ model: "multilingual-e5-small", memoryMb: 300 }],
  [{ model: "potion-base-8m", target: "cloudflare" }],
  [{ model: "use-lite", target: "cloudflare", mode: "local" }],
  [{ model: "smollm2-135m-instruct", concurrency: 2 }],
  [{ model: "smollm2-135m-instruct", streaming: false, tokensOut: 700 }],
  [{ model: "smollm2-360m-instruct", requestsPerMonth: 1_000_000 }],
  [{ model: "Qwen3-0.6B", requestsPerSecond: 12 }],
  [{ params: 500_000_000, task: "chat" }],
  [{ params: 7_000_001_000 }],
  [{ model: "Mistral-7B", mode: "local" }],
  [{ model: "Qwen3-30B-A3B" }],
  [{ model: "Llama-3.1-8B", thirdParty: false }],
  [{ task: "image", thirdParty: false }],
  [{ model: "unheard-of-3B", regions: ["fra1", "iad1"] }],
];

await loadPrices();

describe.each(cases.map(([input, knowledge = {}]) => ({ name: JSON.stringify(input), input, knowledge })))(
  "plan of $name",
  ({ input, knowledge }) => {
    const plan = planModel(input, knowledge);
    const explained = explainPlan(plan, input, knowledge);

    test("every number of its text has an explanation", () => {
      const known = new Set(explained.flatMap((one) => [one, ...one.inputs]).flatMap(printed));
      const text = withoutNames(renderPlan(plan), plan);
      expect(numbersOf(text).filter((number) => !known.has(number))).toEqual([]);
    });

    test("every number of its JSON has an explanation", () => {
      const known = new Set(explained.map(({ value }) => value));
      expect(leavesOf(plan).filter(({ value }) => !known.has(value))).toEqual([]);
    });

    test("every explanation is true: its formula gives its value", () => {
      expect(explained.flatMap((one) => complaint(one))).toEqual([]);
    });

    test("every input has a source", () => {
      const inputs = explained.flatMap((one) => one.inputs);
      expect(inputs.filter(({ source }) => source.trim() === "")).toEqual([]);
      expect(explained.filter((one) => one.inputs.length === 0)).toEqual([]);
    });
  },
);

test("reads like a sum", () => {
  const input: PlanInput = { model: "all-minilm-l6-v2", tokensIn: 128 };
  const all = explainPlan(planModel(input), input);
  const text = renderExplained(all.filter(({ what }) => ["bundle (local)", "p95 (local)"].includes(what)));
  expect(text).toMatch(
    /^Where the numbers come from\n {2}bundle \(local\): \d+ bytes = engine \+ weights \+ tokenizer \+ app\n/,
  );
  expect(text).toMatch(/\n {4}engine = \d+ bytes: measured by edge-ai: .* \(2026-\d\d-\d\d\)\n/);
  expect(text).toMatch(/\n {2}p95 \(local\): [\d.]+ ms = prompt × load factor\n {4}prompt = [\d.]+ ms: above\n/);
});

/** How a number may stand in a text. */
function printed({ value, unit }: { value: number | string; unit: string }): string[] {
  if (typeof value === "string") return [];
  const shown = FORMATS[unit]?.(value) ?? [];
  return [...shown, ...shown.map(bare), bare(String(value)), String(Number(value.toPrecision(3)))];
}

const FORMATS: Readonly<Partial<Record<string, (value: number) => string[]>>> = {
  ms: (value) => [formatMs(value), `${value}`],
  bytes: (value) => [formatBytes(value), `${value / 1e6} MB`],
  parameters: (value) => [formatParams(value)],
  "tokens/s": (value) => [formatRate(value), `${value} tokens/s`],
  USD: (value) => [formatUsd(value), `$${Number(value.toPrecision(2))}`],
  MB: (value) => [`${value} MB`],
  s: (value) => [`${value} s`],
  vCPU: (value) => [`${value} vCPU`],
  "×": (value) => [`${value}×`],
  "": (value) => [`${value}`, `${Number((value * 100).toFixed(6))} %`],
};

function bare(text: string): string {
  return text.replace(/[^\d.]+$/, "").replace(/^\$/, "");
}

const NUMBER = /\$?\d[\d,]*(?:\.\d+)?(?:×| ?(?:ms|MB|GB|tokens\/s|vCPU|%|s)(?![\w/])|[KMBT](?!\w))?/g;

function numbersOf(text: string): string[] {
  return [...text.matchAll(NUMBER)].map(([number]) => number.replaceAll(",", ""));
}

/** Names have numbers in them that say nothing: of models, regions, rules, dtypes, packages, and a date. */
function withoutNames(text: string, plan: Plan): string {
  const flagged = [...(plan.nearest ?? []), ...(plan.back ?? [])].flatMap(({ kind, flags }) =>
    kind === "model" ? flags.slice(1) : [],
  );
  const names = [plan.model.id ?? "", ...flagged, ...plan.function.regions, ...NAMES].filter((name) => name !== "");
  return names.toSorted((a, b) => b.length - a.length).reduce((rest, name) => rest.replaceAll(name, "…"), text);
}

const NAMES = [
  "latency-p95",
  "--p95",
  "p95",
  "q8",
  "fp32",
  "Q4_0",
  "Q8_0",
  "NVIDIA L4",
  "2026-11-23",
  "T4",
  "A10G",
  "H100",
  "L40S",
  "A100",
];

/** Every number of a document, but for its version and what names a measurement. */
function leavesOf(value: unknown, path = ""): { path: string; value: number }[] {
  if (path === ".version" || path.startsWith(".measured")) return [];
  if (typeof value === "number") return [{ path, value }];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, each]) => leavesOf(each, `${path}.${key}`));
}

/** Computes the formula from its inputs. Predictions are rounded to a tenth, a rate to three digits. */
function complaint({ what, value, unit, formula, inputs }: Explained): string[] {
  const names = inputs.map(({ name }) => name).toSorted((a, b) => b.length - a.length);
  const code = names.reduce((rest, name) => rest.replaceAll(name, `⟦${names.indexOf(name)}⟧`), formula);
  const ready = code
    .replaceAll(/⟦(\d+)⟧/g, (_, at: string) => {
      const input = inputs.find(({ name }) => name === names[Number(at)]);
      return `(${input?.value})`;
    })
    .replaceAll("×", "*")
    .replaceAll("÷", "/")
    .replaceAll("−", "-")
    .replaceAll(/\b(max|min|ceil|round|floor|sqrt)\b/g, "Math.$1");
  if (!/^(?:Math\.\w+|[\d.e+\-*/(), ])+$/.test(ready)) return [`${what}: cannot compute ${formula} (${ready})`];
  // oxlint-disable-next-line typescript/no-implied-eval, typescript/no-unsafe-call -- digits and operators, checked above
  const result = Number(new Function(`return ${ready}`)());
  const roundedToTenth = unit === "ms" || unit === "tokens/s" ? 0.1 : 0;
  const isNear = Math.abs(result - value) <= Math.max(roundedToTenth, Math.abs(value) * 0.005);
  return isNear ? [] : [`${what}: ${formula} is ${result}, not ${value}`];
}
