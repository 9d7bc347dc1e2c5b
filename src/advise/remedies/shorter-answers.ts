import { byMonth, byRatio, p95, unknownEffect } from "../effects.ts";
import { planCommand } from "../plan-command.ts";
import type { Remedy } from "../types.ts";

/** A chat's time and cost grow with every token of the answer. */
export const shorterAnswers: Remedy = {
  name: "shorter answers",
  helps: ["latency", "cost", "throughput"],
  advise(situation) {
    const { plan } = situation;
    if (plan?.task !== "chat" || plan.workload.tokensOut < 2) return null;
    const tokensOut = Math.ceil(plan.workload.tokensOut / 2);
    const then = situation.planWith({ tokensOut });
    if (then === null) return null;
    const name = `${tokensOut} tokens out`;
    const cost = byMonth(situation, then, name);
    return {
      text: `shorter answers: half as many tokens, ${tokensOut} instead of ${plan.workload.tokensOut}, with max_tokens or in the system prompt`,
      command: planCommand(plan, { "--tokens-out": String(tokensOut) }),
      effects: [
        byRatio(situation, p95, then, name) ?? unknownEffect(p95, "the endpoint decides how fast it writes"),
        ...(cost === null ? [] : [cost]),
      ],
    };
  },
};
