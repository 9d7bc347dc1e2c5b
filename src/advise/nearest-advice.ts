import type { Nearest } from "../plan/types.ts";
import { planCommand } from "./plan-command.ts";
import type { Advice, Situation } from "./types.ts";

/** What other remedies say with their gain, or what is none: a bigger budget makes nothing better. */
const SAID_OTHERWISE: ReadonlySet<Nearest["kind"]> = new Set(["budget", "machine", "concurrency", "tokens"]);

/** Changes after which no rule of a plan says no, as the planner found them; none for a plan that fits. */
export function nearestAdvice({ plan, planWith }: Pick<Situation, "plan" | "planWith">): Advice[] {
  if (plan === null || plan.fits) return [];
  // The mode of a plan is its result: what fits may be near to it in another one.
  const free = planWith({ mode: undefined });
  const near = [...(plan.nearest ?? []), ...(free?.nearest ?? [])];
  const isFirst = ({ text }: Nearest, i: number): boolean => near.findIndex((other) => other.text === text) === i;
  return near
    .filter(isFirst)
    .filter(({ kind, flags }) => !SAID_OTHERWISE.has(kind) && flags.length > 0)
    .map(({ text, flags, without = [] }) => ({
      remedy: "nearest that fits",
      text,
      // Without the mode, which would hold it where it does not fit.
      command: planCommand(plan, changeOf(flags), flags.includes("--mode") ? without : [...without, "--mode"]),
      effects: [
        {
          on: "the plan",
          topic: "fit",
          kind: "predicted",
          before: null,
          after: null,
          unit: "ms",
          gain: null,
          text: "then no rule of the plan says no; what nobody has measured stays open",
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
