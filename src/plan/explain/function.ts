import { modes } from "../../config/words.ts";
import { commonRpsPerInstance } from "../../data/engines.ts";
import type { Explained, ExplainedInput } from "../../explain.ts";
import { instancesFor, SECONDS_PER_MONTH } from "../instances.ts";
import type { JudgedMode } from "../modes.ts";
import { functionOf } from "../option.ts";
import type { Draft } from "../plan.ts";
import type { Situation } from "../rule.ts";
import { taskProfiles } from "../tasks.ts";
import type { PlanInput } from "../types.ts";
import { hasOneSize } from "../workload.ts";
import { asked, explained, fromAbove, fromFact, given } from "./entry.ts";

/** The machine of each mode's function, its time limit, and how many of them the traffic needs. */
export function explainFunctions(draft: Draft, input: PlanInput): Explained[] {
  return modes.flatMap((mode) => [
    ...explainMachine(draft.judged[mode], input),
    ...explainInstances(draft.judged[mode].situation, mode),
  ]);
}

function explainMachine({ mode, situation, platform }: JudgedMode, input: PlanInput): Explained[] {
  const { platform: facts, machine, local, model } = situation;
  const fixed = hasOneSize(facts);
  const memory: ExplainedInput =
    input.memoryMb === undefined || fixed
      ? fromFact(
          "memory",
          "MB",
          machine.memoryMb === facts.defaultMemoryMb.value ? facts.defaultMemoryMb : facts.maxMemoryMb,
        )
      : asked("memory", { value: machine.memoryMb, given: true, unit: "MB", flag: "--memory", otherwise: "" });
  const cpus: ExplainedInput =
    input.vcpus === undefined || fixed
      ? fromFact("vCPUs", "vCPU", machine.vcpus === facts.defaultVcpus.value ? facts.defaultVcpus : facts.maxVcpus)
      : asked("vCPUs", { value: machine.vcpus, given: true, unit: "vCPU", flag: "--vcpus", otherwise: "" });
  const seconds = functionOf(situation, platform.name, input).maxDurationSeconds;
  return [
    explained(`memory of the function (${mode})`, machine.memoryMb, "MB", "memory", [memory]),
    explained(`vCPUs (${mode})`, machine.vcpus, "vCPU", "vCPUs", [cpus]),
    ...(seconds === null || facts.maxDurationSeconds === null
      ? []
      : [
          explained(`longest answer (${mode})`, seconds, "s", "min(most, max(usual, ceil(p95 ÷ second)))", [
            fromFact("most", "s", facts.maxDurationSeconds),
            {
              name: "usual",
              value: taskProfiles[model.task].maxDurationSeconds,
              unit: "s",
              source: `chosen by edge-ai for ${model.task}`,
              checkedAt: null,
            },
            fromAbove("p95", local?.p95Ms ?? 0, "ms"),
            { name: "second", value: 1_000, unit: "ms", source: "by definition", checkedAt: null },
          ]),
        ]),
  ];
}

function explainInstances(situation: Situation, mode: string): Explained[] {
  const { local, machine, workload } = situation;
  const { needed, perInstanceRps, predicted, concurrencyPerInstance } = instancesFor(situation);
  const { low, high, source, checkedAt } = commonRpsPerInstance;
  const rate = fromAbove("rate", rateOf(situation) ?? 0, "requests a second");
  const served = predicted
    ? explained(
        `one instance serves (${mode})`,
        perInstanceRps,
        "requests a second",
        "max(at once, vCPUs) × second ÷ p95",
        [
          fromAbove("at once", concurrencyPerInstance, "requests"),
          fromAbove("vCPUs", machine.vcpus, "vCPU"),
          { name: "second", value: 1_000, unit: "ms", source: "by definition", checkedAt: null },
          fromAbove("p95", local?.p95Ms ?? 0, "ms"),
        ],
      )
    : given(`one instance serves at least (${mode})`, low, "requests a second", source, checkedAt);
  const each = fromAbove("one instance serves", perInstanceRps, "requests a second");
  const most = given(`one instance serves at most (${mode})`, high, "requests a second", source, checkedAt);
  const inputs = [rate, each];
  return [
    served,
    ...(predicted ? [] : [most]),
    ...meanRate(situation),
    ...(needed === null
      ? []
      : [
          explained(`instances (${mode})`, needed, "instances", "ceil(rate ÷ one instance serves)", inputs),
          explained(
            `requests in flight (${mode})`,
            needed * concurrencyPerInstance,
            "requests",
            "instances × at once",
            [fromAbove("instances", needed, "instances"), fromAbove("at once", workload.concurrency, "requests")],
          ),
        ]),
    ...(needed === null || predicted
      ? []
      : [
          explained(
            `instances, at least (${mode})`,
            Math.ceil(Number(rate.value) / high),
            "instances",
            "ceil(rate ÷ most)",
            [rate, { name: "most", value: high, unit: "requests a second", source, checkedAt }],
          ),
        ]),
  ];
}

function rateOf({ workload: { requestsPerSecond, requestsPerMonth } }: Situation): number | null {
  if (requestsPerSecond !== null || requestsPerMonth === null) return requestsPerSecond;
  return Number((requestsPerMonth / SECONDS_PER_MONTH).toPrecision(3));
}

function meanRate(situation: Situation): Explained[] {
  const { requestsPerMonth, requestsPerSecond } = situation.workload;
  if (requestsPerMonth === null || requestsPerSecond !== null) return [];
  return [
    explained("requests a second, mean", rateOf(situation) ?? 0, "requests a second", "requests a month ÷ seconds", [
      fromAbove("requests a month", requestsPerMonth, "requests"),
      { name: "seconds", value: SECONDS_PER_MONTH, unit: "s", source: "365 days ÷ 12 months", checkedAt: null },
    ]),
  ];
}
