import { assumptions } from "../data/engines.ts";
import { chooseRegions } from "./platform.ts";
import type { Situation } from "./rule.ts";
import { taskProfiles } from "./tasks.ts";
import type { PlanInput, PlannedFunction, Predicted } from "./types.ts";
import type { PlatformName } from "../data/platforms.ts";

/** What one mode is predicted to do. */
export function predictedOf({ local, mode }: Pick<Situation, "local" | "mode">): Predicted {
  if (local !== null) {
    const { p95Ms, firstTokenMs, tokensPerSecond, coldStartMs, bundleBytes, memoryBytes, cpuMs, ranges } = local;
    return { p95Ms, firstTokenMs, tokensPerSecond, coldStartMs, bundleBytes, memoryBytes, cpuMs, ranges };
  }
  return {
    p95Ms: null,
    firstTokenMs: null,
    tokensPerSecond: null,
    coldStartMs: null,
    // A model in a function that nothing is known of is not a thin function.
    bundleBytes: mode === "local" ? null : assumptions.appBytes.value,
    memoryBytes: null,
    cpuMs: mode === "local" ? null : assumptions.thinCpuMs.value,
    ranges: {},
  };
}

/**
 * The function of one mode. Its time limit is the task's default, more when the prediction needs it, at most what the
 * platform gives.
 * @throws CliError USAGE for an unknown region
 */
export function functionOf(situation: Situation, name: PlatformName, input: PlanInput): PlannedFunction {
  const { machine, platform, local, model } = situation;
  const wantedSeconds = Math.max(taskProfiles[model.task].maxDurationSeconds, Math.ceil((local?.p95Ms ?? 0) / 1_000));
  const most = platform.maxDurationSeconds;
  return {
    ...machine,
    maxDurationSeconds: most === null ? null : Math.min(wantedSeconds, most.value),
    regions: chooseRegions(name, input.regions).regions,
  };
}
