import { assumptions } from "../../data/engines.ts";
import type { Explained, ExplainedInput } from "../../explain.ts";
import { marginOf } from "../margin.ts";
import type { JudgedMode } from "../modes.ts";
import type { Draft } from "../plan.ts";
import type { PlanInput, Reason } from "../types.ts";
import { asked, explained, fromAbove, fromFact, given } from "./entry.ts";
import { workloadInputs } from "./workload.ts";

/** The limits of every rule, and by how much they are missed. */
export function explainReasons(draft: Draft, input: PlanInput): Explained[] {
  return Object.values(draft.judged).flatMap((judged) =>
    judged.reasons.flatMap((reason) => [
      ...limitOf(reason, judged, draft, input),
      ...costOf(reason),
      ...explainMargin(reason),
    ]),
  );
}

type Limit = (
  judged: JudgedMode,
  draft: Draft,
  input: PlanInput,
) => { formula: string; inputs: ExplainedInput[] } | null;

const budget: Limit = (_judged, draft, input) => {
  const { latencyBudget } = workloadInputs(draft, input);
  return { formula: "latency budget", inputs: [latencyBudget] };
};

/** Where the limit of each rule comes from; a rule without an entry has none, or one that explainModel explains. */
const LIMITS: Readonly<Partial<Record<string, Limit>>> = {
  "bundle-bytes": ({ situation: { platform } }) => ({
    formula: "largest bundle",
    inputs: [fromFact("largest bundle", "bytes", platform.bundleBytes)],
  }),
  "memory-bytes": ({ situation: { machine } }) => ({
    formula: "share × memory of the function × megabyte",
    inputs: [
      fromFact("share", "", assumptions.memoryShare),
      fromAbove("memory of the function", machine.memoryMb, "MB"),
      { name: "megabyte", value: 1e6, unit: "bytes", source: "by definition", checkedAt: null },
    ],
  }),
  "latency-p95": budget,
  "first-token": budget,
  "tokens-per-second": () => ({
    formula: "readable",
    inputs: [fromFact("readable", "tokens/s", assumptions.readableTokensPerSecond)],
  }),
  "max-duration": ({ situation: { platform } }) =>
    platform.maxDurationSeconds === null
      ? null
      : {
          formula: "longest answer × second",
          inputs: [
            fromFact("longest answer", "s", platform.maxDurationSeconds),
            { name: "second", value: 1_000, unit: "ms", source: "by definition", checkedAt: null },
          ],
        },
  "cold-start": (_judged, { workload: { coldStartBudgetMs: value } }) =>
    value === null
      ? null
      : {
          formula: "cold-start budget",
          inputs: [
            asked("cold-start budget", { value, given: value, unit: "ms", flag: "--cold-start-budget", otherwise: "" }),
          ],
        },
  "monthly-cost": (_judged, { workload: { monthlyBudgetUsd: value } }) =>
    value === null
      ? null
      : {
          formula: "monthly budget",
          inputs: [asked("monthly budget", { value, given: value, unit: "USD", flag: "--budget", otherwise: "" })],
        },
  instances: ({ situation: { platform } }) =>
    platform.concurrency === null
      ? null
      : {
          formula: "requests in flight",
          inputs: [fromFact("requests in flight", "requests", platform.concurrency)],
        },
};

function limitOf(reason: Reason, judged: JudgedMode, draft: Draft, input: PlanInput): Explained[] {
  const { rule, mode, limit, unit, source } = reason;
  if (limit === null || rule === "size-class") return [];
  const found = LIMITS[rule]?.(judged, draft, input) ?? null;
  const what = `limit of ${rule} (${mode})`;
  return [
    found === null ? given(what, limit, unit, source, null) : explained(what, limit, unit, found.formula, found.inputs),
  ];
}

/** What a mode costs is explained by `edge-ai cost --explain`; here its source is enough. */
function costOf({ rule, mode, actual, source }: Reason): Explained[] {
  if (actual === null) return [];
  if (rule === "monthly-cost") return [given(`a month (${mode})`, actual, "USD", source, null)];
  const isCounted = rule === "native-code" || rule === "third-party";
  return isCounted ? [given(`${rule} (${mode})`, actual, "", source, null)] : [];
}

function explainMargin(reason: Reason): Explained[] {
  const margin = marginOf(reason);
  if (margin === null || reason.actual === null || reason.limit === null) return [];
  const { rule, mode, unit } = reason;
  const inputs = [fromAbove("actual", reason.actual, unit), fromAbove("limit", reason.limit, unit)];
  const by = explained(`${rule} missed by (${mode})`, margin.by, unit, "max(actual − limit, limit − actual)", inputs);
  if (margin.times === null) return [by];
  return [by, explained(`${rule}, times the limit (${mode})`, margin.times, "×", "actual ÷ limit", inputs)];
}
