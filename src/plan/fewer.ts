import { does, type Attempt } from "./attempt.ts";
import type { Nearest, Plan, PlanInput } from "./types.ts";

/** Less work at once: shorter texts, or fewer requests in one instance. */

/** Shorter than this is no text. */
const LEAST_TOKENS = 8;

/** The longest text, else the longest answer, that does with the same budget. */
export function fewerTokens(attempt: Attempt): Nearest | null {
  const { tokensIn, tokensOut } = attempt.plan.workload;
  const shorter = largest(attempt, LEAST_TOKENS, tokensIn, (count) => ({ tokensIn: count }));
  if (shorter !== null) {
    const text = `${shorter.plan.mode} fits texts of at most ${shorter.count} tokens`;
    return { kind: "tokens", flags: ["--tokens-in", `${shorter.count}`], text };
  }
  const answer = largest(attempt, LEAST_TOKENS, tokensOut, (count) => ({ tokensOut: count }));
  if (answer === null) return null;
  const text = `${answer.plan.mode} fits answers of at most ${answer.count} tokens`;
  return { kind: "tokens", flags: ["--tokens-out", `${answer.count}`], text };
}

/** The most requests at once in one instance that do; the platform starts more instances. */
export function fewerAtOnce(attempt: Attempt): Nearest | null {
  const fewer = largest(attempt, 1, attempt.plan.workload.concurrency, (concurrency) => ({ concurrency }));
  if (fewer === null) return null;
  return {
    kind: "concurrency",
    flags: ["--concurrency", `${fewer.count}`],
    text: `${fewer.plan.mode} fits ${fewer.count} ${fewer.count === 1 ? "request" : "requests"} at once in one instance`,
  };
}

/** The largest count under `asked` that does, in two significant digits. Fewer is never harder. */
function largest(
  { input, again, wanted }: Attempt,
  least: number,
  asked: number,
  change: (count: number) => PlanInput,
): { count: number; plan: Plan } | null {
  const plan = (count: number): Plan => again({ ...input, ...change(count) });
  if (asked <= least || !does(plan(least), wanted)) return null;
  let [fits, fails] = [least, asked];
  while (fails - fits > 1) {
    const middle = Math.floor((fits + fails) / 2);
    if (does(plan(middle), wanted)) fits = middle;
    else fails = middle;
  }
  const step = 10 ** Math.max(Math.floor(Math.log10(fits)) - 1, 0);
  const count = Math.max(Math.floor(fits / step) * step, least);
  return { count, plan: plan(count) };
}
