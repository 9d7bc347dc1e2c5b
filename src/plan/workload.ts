import type { Task } from "../config/words.ts";
import type { PlatformFacts } from "../data/platforms.ts";
import { CliError } from "../errors.ts";
import { taskProfiles } from "./tasks.ts";
import type { PlanInput } from "./types.ts";

/** What is asked of the model. */
export interface Workload {
  latencyBudgetMs: number;
  coldStartBudgetMs: number | null;
  tokensIn: number;
  tokensOut: number;
  concurrency: number;
  requestsPerSecond: number | null;
}

/** What a function runs on. */
export interface Machine {
  memoryMb: number;
  vcpus: number;
}

/** The asked load, with the task's defaults for what was not said. */
export function workloadOf(input: PlanInput, task: Task): Workload {
  const profile = taskProfiles[task];
  return {
    latencyBudgetMs: input.latencyBudgetMs ?? profile.latencyBudgetMs,
    coldStartBudgetMs: input.coldStartBudgetMs ?? null,
    tokensIn: input.tokensIn ?? profile.tokensIn,
    tokensOut: input.tokensOut ?? profile.tokensOut,
    concurrency: input.concurrency ?? 1,
    requestsPerSecond: input.requestsPerSecond ?? null,
  };
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
