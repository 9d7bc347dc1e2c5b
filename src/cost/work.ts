import { answerBytes, costAssumptions } from "../data/prices/assumptions.ts";
import { derived, factInput } from "./inputs.ts";
import type { CostSettings, Costed, Quantity, Work } from "./types.ts";

/**
 * What one request uses of a function. A model in the function keeps a core busy, so no more of them share an instance than
 * there are vCPUs; a function that waits for an endpoint is shared by as many as the workload says.
 * @returns null when nobody knows its processor time
 */
export function workOf(costed: Costed, settings: CostSettings): Work | null {
  const { predicted, mode, workload } = costed;
  const { vcpus, memoryMb } = costed.function;
  if (predicted.cpuMs === null) return null;
  const cpuMs = derived(
    "processor time",
    predicted.cpuMs,
    "ms",
    `predicted for ${mode} mode: edge-ai plan --explain says how`,
  );
  const atOnce = mode === "local" ? Math.max(1, Math.min(workload.concurrency, vcpus)) : workload.concurrency;
  return {
    cpuMs,
    serviceMs: serviceTime(costed, cpuMs),
    sharing: derived("requests at once in an instance", Math.floor(atOnce), "", sharingSource(mode)),
    memoryGb: derived("memory", memoryMb / 1_024, "GB", "the planned function; --memory"),
    bytes: bytesOf(costed, settings),
  };
}

function sharingSource(mode: Costed["mode"]): string {
  return mode === "local" ? "the smaller of --concurrency and vCPUs: a model keeps a core busy" : "--concurrency";
}

/** How long a request is in flight: its own arithmetic, or the wait for an endpoint. */
function serviceTime({ mode, predicted, task, workload }: Costed, cpuMs: Quantity): Quantity {
  if (mode === "local") return { ...cpuMs, name: "time in flight" };
  if (predicted.p95Ms !== null) return derived("time in flight", predicted.p95Ms, "ms", "measured or predicted p95");
  const { endpointFirstTokenMs, endpointTokensPerSecond, endpointEncoderMs, endpointImageMs } = costAssumptions;
  if (task === "image") return factInput("time in flight", endpointImageMs, "ms");
  if (task === "embeddings") return factInput("time in flight", endpointEncoderMs, "ms");
  const ms = endpointFirstTokenMs.value + (workload.tokensOut / endpointTokensPerSecond.value) * 1_000;
  const how = `assumed: ${endpointFirstTokenMs.value} ms to the first token + ${workload.tokensOut} tokens at ${endpointTokensPerSecond.value}/s`;
  return { ...derived("time in flight", ms, "ms", `${how} (${endpointFirstTokenMs.source})`) };
}

function bytesOf({ task, workload }: Costed, { transferBytes }: CostSettings): Quantity {
  const { requestBytes, bytesPerTokenIn } = costAssumptions;
  const { base, perTokenOut } = answerBytes[task];
  const sent = requestBytes.value + bytesPerTokenIn.value * workload.tokensIn;
  const answered = transferBytes ?? base.value + perTokenOut.value * workload.tokensOut;
  const assumed = `${base.value} + ${perTokenOut.value} × ${workload.tokensOut} tokens, ${perTokenOut.source}`;
  const answer = transferBytes === undefined ? assumed : "--transfer-bytes";
  const source = `request ${sent} (${requestBytes.value} + ${bytesPerTokenIn.value} × ${workload.tokensIn} tokens, ${requestBytes.source}), answer ${answered} (${answer})`;
  return derived("bytes of a request and its answer", sent + answered, "bytes", source);
}
