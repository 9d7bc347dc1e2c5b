// create-edge-ai 0.1.0
import type { Call } from "./call.ts";

/** Notes that the model in the function has answered, and returns the headers that say so, as `lib/chain.ts` does for targets. */
export function servedHere({ facts }: Call): Record<string, string> {
  facts.target = "function";
  facts.attempts = 1;
  return { "x-ai-target": facts.target, "x-ai-attempts": String(facts.attempts) };
}
