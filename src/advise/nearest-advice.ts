import type { Nearest, Plan } from "../plan/types.ts";
import { planCommand } from "./plan-command.ts";
import type { Advice } from "./types.ts";

/** What other remedies say with their gain, or what is none: a bigger budget makes nothing better. */
const SAID_OTHERWISE: ReadonlySet<Nearest["kind"]> = new Set(["budget", "machine", "concurrency", "tokens"]);

/** Changes after which every rule of a plan passes, as the planner found them; none for a plan that fits. */
export function nearestAdvice(plan: Plan | null): Advice[] {
  if (plan === null) return [];
  return (plan.nearest ?? [])
    .filter(({ kind, flags }) => !SAID_OTHERWISE.has(kind) && flags.length > 0)
    .map(({ text, flags, without = [] }) => ({
      remedy: "nearest that fits",
      text,
      command: planCommand(plan, changeOf(flags), without),
      effects: [
        {
          on: "the plan",
          topic: "fit",
          kind: "predicted",
          before: null,
          after: null,
          unit: "ms",
          gain: null,
          text: "then every rule of the plan passes",
          explained: [],
        },
      ],
    }));
}

/** ["--model", "x", "--no-stream"] → flag and value; "" where a flag has none. */
function changeOf(flags: readonly string[]): Record<string, string> {
  const pairs = flags.flatMap((flag, i) => {
    if (!flag.startsWith("--")) return [];
    const next = flags[i + 1];
    return [[flag, next === undefined || next.startsWith("--") ? "" : next] as const];
  });
  return Object.fromEntries(pairs);
}
