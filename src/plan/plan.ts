import { modes, type Mode } from "../config/words.ts";
import { instancesFor } from "./instances.ts";
import { chooseMode, judgeModes, type JudgedMode } from "./modes.ts";
import { hasTraffic } from "./monthly-cost.ts";
import { findNearest } from "./nearest.ts";
import { functionOf, predictedOf } from "./option.ts";
import { chooseRegions } from "./platform.ts";
import { resolveModel, type ResolvedModel } from "./resolve-model.ts";
import { failedRules } from "./rules.ts";
import { classOf, sizeClasses } from "./size-class.ts";
import type { Alternative, Plan, PlanInput, PlanKnowledge, PlannedModel, Reason } from "./types.ts";
import { assumptionWarnings, largeTierWarnings, warningsFor } from "./warnings.ts";
import { plannedWorkload, workloadOf, type Workload } from "./workload.ts";

/** A plan, and everything it was made from: what --explain reads. */
export interface Draft {
  plan: Plan;
  model: ResolvedModel;
  workload: Workload;
  judged: Record<Mode, JudgedMode>;
}

/**
 * Chooses where a model runs, with every reason. Pure: no clock, no network. The size table's mode is the default; a rule
 * that says no moves the model off it, and `mode` forces one. When rules say no to what is left, `fits` is false and
 * `nearest` names what would fit; a plan that rules moved says in `back` what would undo that.
 * @throws CliError UNKNOWN_MODEL or USAGE
 */
export function planModel(input: PlanInput, knowledge: PlanKnowledge = {}): Plan {
  const { plan } = draftPlan(input, knowledge);
  const again = (other: PlanInput, ignored: { files?: boolean } = {}): Plan =>
    draftPlan(other, { ...knowledge, model: other.model === input.model ? knowledge.model : undefined }, ignored).plan;
  if (!plan.fits) return { ...plan, nearest: findNearest({ plan, input, again, wanted: null }) };
  if (input.mode !== undefined || plan.mode === plan.tableMode) return plan;
  const back = findNearest({ plan, input, again, wanted: plan.tableMode });
  return back.length === 0 ? plan : { ...plan, back };
}

/**
 * A plan without what is near to it.
 * @param ignored `files`: as if nobody had listed the model's files, so that the first dtype is estimated
 */
export function draftPlan(input: PlanInput, knowledge: PlanKnowledge, ignored: { files?: boolean } = {}): Draft {
  const resolved = resolveModel(input, knowledge.model);
  const model = ignored.files === true ? withoutFiles(resolved) : resolved;
  const workload = workloadOf(input, model.task);
  const judged = judgeModes({ model, workload, input, knowledge });
  const row = sizeClasses[classOf(model.params, model.labelParams)].mode;
  const mode = input.mode ?? chooseMode(judged, row);
  const chosen = judged[mode];
  const alternatives = alternativesTo(mode, judged, input);
  const { measured, monthlyCost } = chosen.situation;
  const plan: Plan = {
    version: 1,
    fits: chosen.answer !== false,
    task: model.task,
    mode,
    tableMode: row,
    runnerUp: alternatives.find(({ passed }) => passed !== false)?.mode ?? null,
    platform: chosen.platform.name,
    platformReason: chosen.platform.reason,
    model: plannedModel(model, chosen),
    latencyBudgetMs: workload.latencyBudgetMs,
    reasons: reasonsOf(judged, row, mode, input.mode !== undefined),
    alternatives,
    workload: plannedWorkload(workload),
    limits: {
      coldStartBudgetMs: workload.coldStartBudgetMs,
      monthlyBudgetUsd: workload.monthlyBudgetUsd,
      thirdParty: workload.thirdParty,
    },
    predicted: predictedOf(chosen.situation),
    function: functionOf(chosen.situation, chosen.platform.name, input),
    instances: instancesFor(chosen.situation),
    warnings: [
      ...model.warnings,
      ...measuredOtherwise(chosen, knowledge),
      ...assumptionsOf(judged.local),
      ...largeTierWarnings(judged.local.situation, judged.local.reasons),
      ...warningsFor(chosen.situation, chosen.reasons, input),
      ...chooseRegions(chosen.platform.name, input.regions).warnings,
    ],
    ...(hasTraffic(workload) && { monthlyCost }),
    ...(measured !== null && { measured }),
  };
  return { plan, model, workload, judged };
}

function withoutFiles(model: ResolvedModel): ResolvedModel {
  return { ...model, entry: model.entry === null ? null : { ...model.entry, variants: [] } };
}

/** From the table's row to the mode that was chosen: what was asked of each, and what moved the model on. */
function reasonsOf(judged: Record<Mode, JudgedMode>, row: Mode, mode: Mode, forced: boolean): Reason[] {
  const table = judged[row].reasons.slice(0, 1);
  if (forced) return row === mode ? judged[mode].reasons : [...table, ...judged[mode].reasons];
  const path = modes.slice(modes.indexOf(row), modes.indexOf(mode) + 1);
  return path.flatMap((each, at) => {
    const next = path[at + 1];
    const { reasons } = judged[each];
    return next === undefined ? reasons : reasons.map((reason) => moving(reason, next));
  });
}

function moving(reason: Reason, movedTo: Mode): Reason {
  return reason.passed === false ? { ...reason, movedTo } : reason;
}

/** A measurement that is there, and of no use for this plan. */
function measuredOtherwise({ mode, situation }: JudgedMode, { measured = [] }: PlanKnowledge): string[] {
  const { id } = situation.model;
  if (mode !== "local" || situation.measured !== null || !measured.some(({ modelId }) => modelId === id)) return [];
  return [`${id} was measured for another load: this is predicted; --measure with the same flags measures this one`];
}

function assumptionsOf({ situation, reasons }: JudgedMode): string[] {
  const isMeasured = situation.measured !== null;
  return isMeasured || failedRules(reasons).includes("size-class") ? [] : assumptionWarnings(situation);
}

/** What was not chosen: the next choice first. */
function alternativesTo(mode: Mode, judged: Record<Mode, JudgedMode>, input: PlanInput): Alternative[] {
  return modes
    .filter((other) => other !== mode)
    .map((other) => alternativeOf(judged[other], input))
    .toSorted((a, b) => Number(a.passed === false) - Number(b.passed === false));
}

function alternativeOf({ mode, answer, reasons, platform, situation }: JudgedMode, input: PlanInput): Alternative {
  return {
    mode,
    passed: answer,
    failed: failedRules(reasons),
    platform: platform.name,
    predicted: predictedOf(situation),
    function: functionOf(situation, platform.name, input),
    ruledOut: reasons.filter(({ passed }) => passed === false),
    ...(hasTraffic(situation.workload) && { monthlyCost: situation.monthlyCost }),
  };
}

function plannedModel(model: ResolvedModel, { situation }: JudgedMode): PlannedModel {
  const { id, params, activeParams, labelParams, confidence, source } = model;
  const variant = situation.local?.candidate ?? null;
  return { id, params, activeParams, class: classOf(params, labelParams), confidence, source, variant };
}
