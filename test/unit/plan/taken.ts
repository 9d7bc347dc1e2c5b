import { modes, targetNames } from "../../../src/config/words.ts";
import type { Nearest, PlanInput } from "../../../src/plan/types.ts";

/** The input with the flags of a suggestion taken, and without those to leave out. */
export function inputOf({ flags, without = [] }: Nearest): PlanInput {
  const pairs = flags.flatMap((flag, at) => (at % 2 === 0 ? [[flag, flags[at + 1] ?? ""] as const] : []));
  return Object.assign(
    {},
    ...pairs.map(([flag, value]) => TAKEN[flag]?.(value)),
    ...without.map((flag) => LEFT_OUT[flag]),
  ) as PlanInput;
}

const TAKEN: Readonly<Partial<Record<string, (value: string) => PlanInput>>> = {
  "--latency-budget": (value) => ({ latencyBudgetMs: Number(value) }),
  "--cold-start-budget": (value) => ({ coldStartBudgetMs: Number(value) }),
  "--budget": (value) => ({ monthlyBudgetUsd: Number(value) }),
  "--tokens-in": (value) => ({ tokensIn: Number(value) }),
  "--tokens-out": (value) => ({ tokensOut: Number(value) }),
  "--concurrency": (value) => ({ concurrency: Number(value) }),
  "--vcpus": (value) => ({ vcpus: Number(value) }),
  "--memory": (value) => ({ memoryMb: Number(value) }),
  "--model": (model) => ({ model, params: undefined }),
  "--mode": (value) => ({ mode: modes.find((mode) => mode === value) }),
  "--target": (value) => ({ target: targetNames.find((target) => target === value) }),
};

const LEFT_OUT: Readonly<Partial<Record<string, PlanInput>>> = {
  "--no-stream": { streaming: undefined },
  "--no-third-party": { thirdParty: undefined },
};
