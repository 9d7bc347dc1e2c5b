import { assumptions } from "../data/engines.ts";
import { costAssumptions } from "../data/prices/assumptions.ts";
import { gpus, type Gpu, type GpuName } from "../data/prices/gpus.ts";
import { derived, factInput } from "./inputs.ts";
import type { Costed, Quantity } from "./types.ts";

/** A hosted endpoint by the hour, large enough for a model. */
export interface Endpoint {
  name: GpuName;
  gpu: Gpu;
  /** USD for one of them for a month, always on. */
  monthlyUsd: number;
  /** Seconds that one request takes of it, with others in the same batch. */
  secondsPerRequest: Quantity;
  needsBytes: Quantity;
}

export const gpuNames: readonly GpuName[] = Object.keys(gpus).filter((name): name is GpuName => name in gpus);

/**
 * The cheapest GPU that holds weights × 1.2 + KV cache in fp16; or the one that was asked for, if it does.
 * @returns null when none holds it, or when the size of the model is not known or no formula fits it (pictures)
 */
export function chooseEndpoint(costed: Costed, asked?: GpuName): Endpoint | null {
  const { params } = costed.model;
  if (params === null || costed.task === "image") return null;
  const needsBytes = bytesNeeded(params, costed);
  const names = asked === undefined ? gpuNames : [asked];
  const holding = names.filter((name) => gpus[name].memoryBytes.value >= needsBytes.value);
  const name = holding.toSorted((a, b) => gpus[a].usdPerHour.value - gpus[b].usdPerHour.value)[0];
  if (name === undefined) return null;
  const gpu = gpus[name];
  const monthlyUsd = gpu.usdPerHour.value * costAssumptions.hoursPerMonth.value;
  return { name, gpu, monthlyUsd, needsBytes, secondsPerRequest: secondsOf(gpu, params, costed) };
}

function bytesNeeded(params: number, { workload, task }: Costed): Quantity {
  const { bytesPerParam, memoryHeadroom, gpuBatch } = costAssumptions;
  const generates = task === "chat" || workload.tokensOut > 1;
  const tokens = generates ? (workload.tokensIn + workload.tokensOut) * gpuBatch.value : 0;
  const bytes = params * bytesPerParam.value * memoryHeadroom.value + assumptions.kvBytesPerToken.value * tokens;
  const how = `${params} parameters × ${bytesPerParam.value} bytes × ${memoryHeadroom.value} + KV cache of ${tokens} tokens × ${assumptions.kvBytesPerToken.value} bytes (${memoryHeadroom.source})`;
  return derived("memory that the model needs", bytes, "bytes", how);
}

/** Reading the prompt is limited by arithmetic, generating by reading the weights once for each token of a batch. */
function secondsOf(gpu: Gpu, params: number, { model, workload }: Costed): Quantity {
  const { bytesPerParam, gpuArithmeticShare, gpuBatch } = costAssumptions;
  const active = model.activeParams ?? params;
  const prompt = (2 * active * workload.tokensIn) / (gpu.flopsPerSecond.value * gpuArithmeticShare.value);
  const each = (active * bytesPerParam.value) / gpu.bandwidthBytesPerSecond.value / gpuBatch.value;
  const how = `2 × parameters × ${workload.tokensIn} tokens in / (${gpu.flopsPerSecond.value} FLOP/s × ${gpuArithmeticShare.value}) + ${workload.tokensOut} tokens out × weights / (${gpu.bandwidthBytesPerSecond.value} bytes/s × ${gpuBatch.value} at once): ${gpuBatch.source}`;
  return derived("GPU time of a request", prompt + each * workload.tokensOut, "s", how);
}

/** Requests a month that one endpoint serves when the busiest time is `peakToMean` times the mean. */
export function requestsServed({ secondsPerRequest }: Endpoint, peakToMean: number): number {
  return (costAssumptions.hoursPerMonth.value * 3_600) / secondsPerRequest.value / peakToMean;
}

/** Of the workload: the busiest second against the mean. */
export function peakOf({ workload }: Costed, requestsAtPeak: number | undefined): Quantity {
  const { requestsPerSecond: rps, requestsPerMonth } = workload;
  const month = requestsAtPeak ?? requestsPerMonth;
  if (rps === null || month === null)
    return factInput("busiest time against the mean", costAssumptions.peakToMean, "×");
  const mean = month / (costAssumptions.hoursPerMonth.value * 3_600);
  return derived("busiest time against the mean", Math.max(1, rps / mean), "×", "--rps / (--monthly-requests / month)");
}
