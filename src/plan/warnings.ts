import { engines } from "../data/engines.ts";
import { formatBytes } from "./format.ts";
import type { Situation } from "./rule.ts";
import { failedRules } from "./rules.ts";
import type { PlanInput, Reason } from "./types.ts";
import { hasOneSize } from "./workload.ts";

/** What to know besides the reasons: unknowns and how to measure them, limits that a plan of the platform lifts. */
export function warningsFor(chosen: Situation, reasons: readonly Reason[], input: PlanInput): string[] {
  return [...unknowns(reasons), ...contextWarnings(chosen), ...machineWarnings(chosen, input)];
}

/** For a small model: what the platform's larger, beta tier would change. */
export function largeTierWarnings(local: Situation, reasons: readonly Reason[]): string[] {
  const large = local.platform.largeBundleBytes;
  const failed = failedRules(reasons);
  if (local.local === null || large === null || !failed.includes("bundle-bytes") || failed.includes("size-class"))
    return [];
  if (local.local.bundleBytes > large.value) return [];
  const others = failed.filter((rule) => rule !== "bundle-bytes");
  return [
    `${local.platform.title}'s large functions (beta, up to ${formatBytes(large.value)}) would take the ` +
      `${formatBytes(local.local.bundleBytes)} bundle; then ${others.length === 0 ? "every other rule for local passes" : `local still fails ${others.join(", ")}`}`,
  ];
}

/** For a model that could be local: sizes that were assumed. */
export function assumptionWarnings({ local, model }: Situation): string[] {
  if (local === null || local.shapeKnown || model.kind === "other") return [];
  const { package: name } = engines[local.candidate.engine];
  return [
    `layer sizes are not known: file, memory and time of ${local.candidate.dtype} weights on ${name} are estimates from the parameter count`,
  ];
}

function unknowns(reasons: readonly Reason[]): string[] {
  return reasons
    .filter((reason) => reason.passed === null)
    .map((reason) => `${reason.rule} is not proven: ${HOW_TO_MEASURE[reason.rule]?.(reason) ?? reason.text}`);
}

const HOW_TO_MEASURE: Readonly<Partial<Record<string, (reason: Reason) => string>>> = {
  "latency-p95": ({ limit }) => `measure it with: edge-ai healthcheck <url> --p95 ${limit}`,
  "first-token": ({ limit }) =>
    `measure it with: edge-ai healthcheck <url>, and firstTokenMs ${limit} as an SLO in edge-ai.json`,
  "cold-start": () => "deploy it and time the first request",
  "third-party": () => "name your own endpoint in AI_BASE_URL",
  "monthly-cost": ({ text }) => `${text}; edge-ai cost says what is known`,
  instances: () => "measure what one instance serves with: edge-ai healthcheck <url> --throughput <n>",
};

function contextWarnings({ model, workload }: Situation): string[] {
  const context = model.entry?.context ?? null;
  const tokens = workload.tokensIn + (model.kind === "decoder" ? workload.tokensOut : 0);
  if (context === null || tokens <= context) return [];
  return [`${model.id} reads at most ${context} tokens: ${tokens} were asked for`];
}

function machineWarnings({ platform, machine }: Situation, input: PlanInput): string[] {
  const asked = input.memoryMb !== undefined || input.vcpus !== undefined;
  if (hasOneSize(platform)) {
    return asked
      ? [`every function on ${platform.title} has ${machine.memoryMb} MB: --memory and --vcpus are not used`]
      : [];
  }
  const more = machine.memoryMb > platform.defaultMemoryMb.value || machine.vcpus > platform.defaultVcpus.value;
  return more
    ? [`${machine.memoryMb} MB and ${machine.vcpus} vCPUs need ${platform.title}'s Pro plan, set in its dashboard`]
    : [];
}
