import { modes, type Mode } from "../config/words.ts";
import { assumptions } from "../data/engines.ts";
import { instancesFor } from "./instances.ts";
import { chooseMode, judgeModes, type JudgedMode } from "./modes.ts";
import { findNearest } from "./nearest.ts";
import { chooseRegions } from "./platform.ts";
import { resolveModel, type ResolvedModel } from "./resolve-model.ts";
import { failedRules } from "./rules.ts";
import { classOf, sizeClasses } from "./size-class.ts";
import { taskProfiles } from "./tasks.ts";
import type { Plan, PlanInput, PlannedModel, Predicted, Reason } from "./types.ts";
import { assumptionWarnings, largeTierWarnings, warningsFor } from "./warnings.ts";
import { workloadOf } from "./workload.ts";

/**
 * Chooses where a model runs, with every reason. Pure: no clock, no network. The size table's mode is the default; a rule
 * that says no moves the model off it, and `mode` forces one. When rules say no to what is left, `fits` is false and
 * `nearest` names what would fit.
 * @throws CliError UNKNOWN_MODEL or USAGE
 */
export function planModel(input: PlanInput): Plan {
  const plan = draftPlan(input);
  return plan.fits ? plan : { ...plan, nearest: findNearest(plan, input, draftPlan) };
}

function draftPlan(input: PlanInput): Plan {
  const model = resolveModel(input);
  const workload = workloadOf(input, model.task);
  const judged = judgeModes(model, workload, input);
  const row = sizeClasses[classOf(model.params, model.labelParams)].mode;
  const mode = input.mode ?? chooseMode(judged, row);
  const chosen = judged[mode];
  const regions = chooseRegions(chosen.platform.name, input.regions);
  return {
    version: 1,
    fits: chosen.answer !== false,
    task: model.task,
    mode,
    platform: chosen.platform.name,
    platformReason: chosen.platform.reason,
    model: plannedModel(model, chosen),
    latencyBudgetMs: workload.latencyBudgetMs,
    reasons: reasonsOf(judged, row, mode, input.mode !== undefined),
    alternatives: modes
      .filter((other) => other !== mode)
      .map((other) => ({ mode: other, passed: judged[other].answer, failed: failedRules(judged[other].reasons) })),
    predicted: predictedOf(chosen),
    function: functionOf(chosen, regions.regions),
    instances: instancesFor(chosen.situation),
    warnings: [
      ...model.warnings,
      ...assumptionsOf(judged.local),
      ...largeTierWarnings(judged.local.situation, judged.local.reasons),
      ...warningsFor(chosen.situation, chosen.reasons, input),
      ...regions.warnings,
    ],
  };
}

/** From the table's row to the mode that was chosen: what was asked of each, and what moved the model on. */
function reasonsOf(judged: Record<Mode, JudgedMode>, row: Mode, mode: Mode, forced: boolean): Reason[] {
  const table = judged[row].reasons.slice(0, 1);
  if (forced) return row === mode ? judged[mode].reasons : [...table, ...judged[mode].reasons];
  return modes.slice(modes.indexOf(row), modes.indexOf(mode) + 1).flatMap((each) => judged[each].reasons);
}

function assumptionsOf({ situation, reasons }: JudgedMode): string[] {
  return failedRules(reasons).includes("size-class") ? [] : assumptionWarnings(situation);
}

function plannedModel(model: ResolvedModel, { situation }: JudgedMode): PlannedModel {
  const { id, params, activeParams, labelParams, confidence, source } = model;
  const variant = situation.local?.candidate ?? null;
  return { id, params, activeParams, class: classOf(params, labelParams), confidence, source, variant };
}

function predictedOf({ situation: { local } }: JudgedMode): Predicted {
  if (local !== null) {
    const { p95Ms, firstTokenMs, tokensPerSecond, coldStartMs, bundleBytes, memoryBytes } = local;
    return { p95Ms, firstTokenMs, tokensPerSecond, coldStartMs, bundleBytes, memoryBytes };
  }
  return {
    p95Ms: null,
    firstTokenMs: null,
    tokensPerSecond: null,
    coldStartMs: null,
    bundleBytes: assumptions.appBytes.value,
    memoryBytes: null,
  };
}

/** The task's default time limit, more when the prediction needs it, at most what the platform gives. */
function functionOf({ situation }: JudgedMode, regions: string[]): Plan["function"] {
  const { machine, platform, local, model } = situation;
  const wantedSeconds = Math.max(taskProfiles[model.task].maxDurationSeconds, Math.ceil((local?.p95Ms ?? 0) / 1_000));
  const most = platform.maxDurationSeconds;
  return { ...machine, maxDurationSeconds: most === null ? null : Math.min(wantedSeconds, most.value), regions };
}
