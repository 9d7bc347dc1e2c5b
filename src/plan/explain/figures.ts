import { assumptions } from "../../data/engines.ts";
import { modes, type Mode } from "../../config/words.ts";
import type { Explained } from "../../explain.ts";
import type { JudgedMode } from "../modes.ts";
import { predictedOf } from "../option.ts";
import type { Draft } from "../plan.ts";
import { measuredOn } from "../rule.ts";
import type { Figures, Measured, PlanInput, Predicted } from "../types.ts";
import { explained, fromFact, given } from "./entry.ts";
import { explainLocal } from "./local.ts";

/** What is printed of a prediction, in words and units. */
const FIGURES: Record<keyof Figures | "cpuMs", { name: string; unit: string }> = {
  p95Ms: { name: "p95", unit: "ms" },
  firstTokenMs: { name: "first token", unit: "ms" },
  tokensPerSecond: { name: "tokens per second", unit: "tokens/s" },
  coldStartMs: { name: "cold start", unit: "ms" },
  bundleBytes: { name: "bundle", unit: "bytes" },
  memoryBytes: { name: "memory", unit: "bytes" },
  cpuMs: { name: "processor", unit: "ms" },
};

/** What each mode is predicted to do. */
export function explainFigures(draft: Draft, input: PlanInput): Explained[] {
  return modes.flatMap((mode) => explainMode(draft.judged[mode], draft, input));
}

function explainMode({ mode, situation }: JudgedMode, draft: Draft, input: PlanInput): Explained[] {
  const { local, measured } = situation;
  if (local === null) return explainThin(mode);
  return measured === null
    ? explainLocal(draft, local, input)
    : explainMeasured(mode, predictedOf(situation), measured);
}

/** A function that waits for an endpoint. */
function explainThin(mode: Mode): Explained[] {
  return [
    explained(`bundle (${mode})`, assumptions.appBytes.value, "bytes", "app", [
      fromFact("app", "bytes", assumptions.appBytes),
    ]),
    explained(`processor (${mode})`, assumptions.thinCpuMs.value, "ms", "wait", [
      fromFact("wait", "ms", assumptions.thinCpuMs),
    ]),
  ];
}

function explainMeasured(mode: Mode, predicted: Predicted, measured: Measured): Explained[] {
  const source = `${measuredOn(measured)}, ${measured.requests} requests, kept in edge-ai.lock.json`;
  const found = (what: string, value: number, unit: string): Explained =>
    given(what, value, unit, source, null, "measured");
  const figures = keysOf(FIGURES).flatMap((key) => {
    const value = predicted[key];
    const { name, unit } = FIGURES[key];
    return value === null ? [] : [found(`${name} (${mode})`, value, unit)];
  });
  return [...figures, found("requests measured", measured.requests, "requests")];
}

function keysOf<T extends object>(table: T): (keyof T)[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a table has no other keys than its own
  return Object.keys(table) as (keyof T)[];
}
