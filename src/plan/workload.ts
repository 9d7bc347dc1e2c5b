import type { Task } from "../config/words.ts";
import type { PlatformFacts } from "../data/platforms.ts";
import { CliError } from "../errors.ts";
import { taskProfiles, WHOLE_ANSWER_BUDGET_MS } from "./tasks.ts";
import type { PlanInput, PlannedWorkload } from "./types.ts";

/** What is asked of the model. */
export interface Workload extends PlannedWorkload {
  latencyBudgetMs: number;
  /** What has to be there within latencyBudgetMs. */
  budgetFor: "answer" | "first token";
  coldStartBudgetMs: number | null;
  monthlyBudgetUsd: number | null;
  /** False: requests may not leave the own platform and endpoint. */
  thirdParty: boolean;
}

/** What a function runs on. */
export interface Machine {
  memoryMb: number;
  vcpus: number;
}

/** The asked load, with the task's defaults for what was not said. */
export function workloadOf(input: PlanInput, task: Task): Workload {
  const profile = taskProfiles[task];
  const streaming = input.streaming ?? true;
  const inOnePiece = !streaming && profile.budgetFor === "first token";
  return {
    latencyBudgetMs: input.latencyBudgetMs ?? (inOnePiece ? WHOLE_ANSWER_BUDGET_MS : profile.latencyBudgetMs),
    budgetFor: inOnePiece ? "answer" : profile.budgetFor,
    coldStartBudgetMs: input.coldStartBudgetMs ?? null,
    monthlyBudgetUsd: input.monthlyBudgetUsd ?? null,
    thirdParty: input.thirdParty ?? true,
    tokensIn: input.tokensIn ?? profile.tokensIn,
    tokensOut: input.tokensOut ?? profile.tokensOut,
    concurrency: input.concurrency ?? 1,
    requestsPerSecond: input.requestsPerSecond ?? null,
    requestsPerMonth: input.requestsPerMonth ?? null,
    streaming,
  };
}

/** What a plan says of its load. */
export function plannedWorkload(workload: Workload): PlannedWorkload {
  const { tokensIn, tokensOut, concurrency, requestsPerSecond, requestsPerMonth, streaming } = workload;
  return { tokensIn, tokensOut, concurrency, requestsPerSecond, requestsPerMonth, streaming };
}

/**
 * The asked machine, or the platform's default. On Vercel memory and vCPUs go together: 2 GB with 1, 4 GB with 2. Where
 * a platform has one size only, that is the machine.
 * @throws CliError USAGE when the platform has no machine that large
 */
export function machineOf(input: Pick<PlanInput, "memoryMb" | "vcpus">, platform: PlatformFacts): Machine {
  const { title, defaultMemoryMb, maxMemoryMb, defaultVcpus, maxVcpus } = platform;
  if (hasOneSize(platform)) return { memoryMb: maxMemoryMb.value, vcpus: maxVcpus.value };
  const wantsMore = (input.memoryMb ?? 0) > defaultMemoryMb.value || (input.vcpus ?? 0) > defaultVcpus.value;
  const machine = {
    memoryMb: input.memoryMb ?? (wantsMore ? maxMemoryMb.value : defaultMemoryMb.value),
    vcpus: input.vcpus ?? (wantsMore ? maxVcpus.value : defaultVcpus.value),
  };
  if (machine.memoryMb > maxMemoryMb.value) throw tooMuch("--memory", machine.memoryMb, `${maxMemoryMb.value}`, title);
  if (machine.vcpus > maxVcpus.value) throw tooMuch("--vcpus", machine.vcpus, `${maxVcpus.value}`, title);
  return machine;
}

/** True when every function of the platform gets the same memory. */
export function hasOneSize({ defaultMemoryMb, maxMemoryMb }: PlatformFacts): boolean {
  return maxMemoryMb.value <= defaultMemoryMb.value;
}

function tooMuch(flag: string, asked: number, most: string, title: string): CliError {
  return new CliError("USAGE", `${flag} ${asked} is more than the ${most} a function on ${title} can have`, {
    hint: `give at most ${most}`,
  });
}
