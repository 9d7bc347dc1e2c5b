import type { LocalPrediction } from "./local.ts";
import type { ResolvedModel } from "./resolve-model.ts";
import type { Measured } from "./types.ts";
import type { Workload } from "./workload.ts";

/** The newest measurement of the same model and weights under the same load. A size without a name was never measured. */
export function findMeasured(
  all: readonly Measured[],
  local: LocalPrediction,
  model: ResolvedModel,
  workload: Workload,
): Measured | null {
  const { dtype, engine } = local.candidate;
  const same = all.filter(
    (one) =>
      one.modelId === model.id &&
      one.dtype === dtype &&
      (one.engine === engine || one.engine === local.engine.package) &&
      one.tokensIn === workload.tokensIn &&
      one.tokensOut === workload.tokensOut &&
      one.concurrency === workload.concurrency,
  );
  return same.toSorted((a, b) => b.measuredAt.localeCompare(a.measuredAt))[0] ?? null;
}

/**
 * A prediction with the measured figures in its place: no safety factor, and no range, for nothing is left to expect.
 * Answers that come in one piece have no first token; a prediction of it is kept where the measurement has none.
 */
export function withMeasured(local: LocalPrediction, measured: Measured): LocalPrediction {
  const { p95Ms, firstTokenMs, tokensPerSecond, cpuMs, coldStartMs, memoryBytes, bundleBytes } = measured;
  return {
    ...local,
    p95Ms,
    firstTokenMs: local.firstTokenMs === null ? null : firstTokenMs,
    tokensPerSecond: local.tokensPerSecond === null ? null : tokensPerSecond,
    cpuMs,
    coldStartMs,
    memoryBytes,
    bundleBytes,
    ranges: {},
  };
}
