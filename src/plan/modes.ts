import { modes, type Mode } from "../config/words.ts";
import { platforms } from "../data/platforms.ts";
import { predictLocal, type LocalPrediction } from "./local.ts";
import { findMeasured, withMeasured } from "./measured.ts";
import { hasTraffic } from "./monthly-cost.ts";
import { functionOf, predictedOf } from "./option.ts";
import { choosePlatform, type PlatformChoice } from "./platform.ts";
import type { ResolvedModel } from "./resolve-model.ts";
import type { Situation } from "./rule.ts";
import { answerOf, failedRules, judge } from "./rules.ts";
import type { Answer, MonthlyCost, PlanInput, PlanKnowledge, Reason } from "./types.ts";
import { machineOf, plannedWorkload, type Workload } from "./workload.ts";

/** A mode with everything that was found out about it. */
export interface JudgedMode {
  mode: Mode;
  platform: PlatformChoice;
  situation: Situation;
  reasons: Reason[];
  answer: Answer;
}

export interface Asked {
  model: ResolvedModel;
  workload: Workload;
  input: PlanInput;
  knowledge: PlanKnowledge;
}

/** Judges a model in every mode. */
export function judgeModes(asked: Asked): Record<Mode, JudgedMode> {
  const one = (mode: Mode): JudgedMode => judgeMode(mode, asked);
  return { local: one("local"), hybrid: one("hybrid"), external: one("external") };
}

function judgeMode(mode: Mode, asked: Asked): JudgedMode {
  const { model, workload, input, knowledge } = asked;
  const platform = choosePlatform(mode, input);
  const facts = platforms[platform.name];
  const machine = machineOf(input, facts);
  const thin: Situation = {
    mode,
    model,
    workload,
    platform: facts,
    machine,
    local: null,
    measured: null,
    monthlyCost: null,
  };
  // What nobody knows the size of is not predicted: it fails by its class.
  const unpriced = mode === "local" && model.confidence !== "unpublished" ? bestLocal(thin, knowledge) : thin;
  const situation = { ...unpriced, monthlyCost: costOf(unpriced, platform, asked) };
  const reasons = judge(situation);
  return { mode, platform, situation, reasons, answer: answerOf(reasons) };
}

/**
 * With the fastest weights that fit; when none fit, with the smallest. Which are faster is told by their predictions: a
 * measured time has no safety factor, and would win against any that nobody measured.
 */
function bestLocal(thin: Situation, { measured = [] }: PlanKnowledge): Situation {
  const options = predictLocal(thin.model, thin.workload, thin.machine).map((predicted) => {
    const found = findMeasured(measured, predicted, thin.model, thin.workload);
    const local = found === null ? predicted : withMeasured(predicted, found);
    return { predicted, situation: { ...thin, measured: found, local } };
  });
  const fitting = options.filter(({ situation }) => {
    const failed = failedRules(judge(situation));
    return !failed.includes("bundle-bytes") && !failed.includes("memory-bytes");
  });
  const fastest = fitting.toSorted((a, b) => speed(a.predicted) - speed(b.predicted))[0];
  const smallest = options.toSorted((a, b) => a.predicted.bundleBytes - b.predicted.bundleBytes)[0];
  return (fastest ?? smallest)?.situation ?? thin;
}

function speed(local: LocalPrediction): number {
  return local.p95Ms ?? local.bundleBytes;
}

/** Nothing is priced that was not asked for: without traffic a month has no cost. */
function costOf(situation: Situation, platform: PlatformChoice, asked: Asked): MonthlyCost | null {
  const { workload, input, model, knowledge } = asked;
  if (knowledge.monthlyCost === undefined || !hasTraffic(workload)) return null;
  const reasons = judge({ ...situation, workload: { ...workload, monthlyBudgetUsd: null } });
  return knowledge.monthlyCost({
    mode: situation.mode,
    passed: answerOf(reasons),
    failed: failedRules(reasons),
    platform: platform.name,
    predicted: predictedOf(situation),
    function: functionOf(situation, platform.name, input),
    task: model.task,
    workload: plannedWorkload(workload),
    modelId: model.id,
  });
}

/** The first mode that no rule rules out (the size rule rules out what is left of the table's); the table's when there is none. */
export function chooseMode(judged: Record<Mode, JudgedMode>, row: Mode): Mode {
  return modes.find((mode) => judged[mode].answer !== false) ?? row;
}
