import { modes, type Mode } from "../config/words.ts";
import { platforms } from "../data/platforms.ts";
import { predictLocal, type LocalPrediction } from "./local.ts";
import { choosePlatform, type PlatformChoice } from "./platform.ts";
import type { ResolvedModel } from "./resolve-model.ts";
import type { Situation } from "./rule.ts";
import { answerOf, failedRules, judge } from "./rules.ts";
import type { Answer, PlanInput, Reason } from "./types.ts";
import { machineOf, type Workload } from "./workload.ts";

/** A mode with everything that was found out about it. */
export interface JudgedMode {
  mode: Mode;
  platform: PlatformChoice;
  situation: Situation;
  reasons: Reason[];
  answer: Answer;
}

/** Judges a model in every mode. */
export function judgeModes(model: ResolvedModel, workload: Workload, input: PlanInput): Record<Mode, JudgedMode> {
  const one = (mode: Mode): JudgedMode => judgeMode(mode, model, workload, input);
  return { local: one("local"), hybrid: one("hybrid"), external: one("external") };
}

function judgeMode(mode: Mode, model: ResolvedModel, workload: Workload, input: PlanInput): JudgedMode {
  const choice = choosePlatform(mode, input);
  const platform = platforms[choice.name];
  const thin: Situation = { mode, model, workload, platform, machine: machineOf(input, platform), local: null };
  const situation = mode === "local" ? bestLocal(thin) : thin;
  const reasons = judge(situation);
  return { mode, platform: choice, situation, reasons, answer: answerOf(reasons) };
}

/** With the fastest weights that fit; when none fit, with the smallest. */
function bestLocal(thin: Situation): Situation {
  const options = predictLocal(thin.model, thin.workload, thin.machine).map((local) => ({ ...thin, local }));
  const fitting = options.filter((option) => {
    const failed = failedRules(judge(option));
    return !failed.includes("bundle-bytes") && !failed.includes("memory-bytes");
  });
  const best = fitting.toSorted((a, b) => speed(a.local) - speed(b.local))[0];
  return best ?? options.toSorted((a, b) => a.local.bundleBytes - b.local.bundleBytes)[0] ?? thin;
}

function speed(local: LocalPrediction): number {
  return local.p95Ms ?? local.bundleBytes;
}

/** The first mode that no rule rules out (the size rule rules out what is left of the table's); the table's when there is none. */
export function chooseMode(judged: Record<Mode, JudgedMode>, row: Mode): Mode {
  return modes.find((mode) => judged[mode].answer !== false) ?? row;
}
