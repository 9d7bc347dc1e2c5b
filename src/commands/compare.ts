import { comparePlatforms } from "../compare/compare.ts";
import { comparisonMarkdown } from "../compare/markdown.ts";
import { renderComparison } from "../compare/render.ts";
import { explainCost } from "../cost/explain-cost.ts";
import { costPlan } from "../cost/plan-cost.ts";
import type { Explained } from "../explain.ts";
import { answer, type Io } from "../io.ts";
import { explainPlan } from "../plan/explain.ts";
import { planModel } from "../plan/plan.ts";
import type { Plan } from "../plan/types.ts";
import { modesOf } from "../scaffold/parts.ts";
import { isDeployable } from "../targets/targets.ts";
import { planInput, type WorkloadOptions } from "./plan-input.ts";

interface CompareOptions extends WorkloadOptions {
  markdown?: boolean;
}

/** `edge-ai compare [model]`: Vercel and Cloudflare for this app. @returns 1 when it fits on neither */
export async function compareCommand(io: Io, options: CompareOptions): Promise<number> {
  const { input, knowledge } = await planInput(io, options);
  // Reading what was measured needs zod, whose import costs more than comparing.
  const { readLastChecks } = await import("../health/last-check.ts");
  const comparison = comparePlatforms({
    // The target of the project is what is in question: only one that was asked for decides.
    app: { ...input, target: options.target },
    isModeAsked: options.mode !== undefined,
    plan: (asked) => planModel(asked, knowledge),
    measured: await readLastChecks(io.cwd),
    modesOf,
    isDeployable,
    now: new Date(),
    explain:
      options.explain === true
        ? (plan, asked) => [
            ...explainPlan(plan, asked, knowledge),
            ...(plan.monthlyCost == null ? [] : explainPrice(plan, options)),
          ]
        : null,
  });
  answer(io, options.json === true ? comparison : textOf(comparison, options));
  return comparison.recommendation.fits ? 0 : 1;
}

function textOf(comparison: Parameters<typeof renderComparison>[0], { markdown }: CompareOptions): string {
  return markdown === true ? comparisonMarkdown(comparison) : renderComparison(comparison);
}

/** The lines of a month, as `edge-ai cost` has them. The prices are loaded when a plan has a cost. */
function explainPrice(plan: Plan, { thirdParty, monthlyRequests }: CompareOptions): Explained[] {
  const settings = { thirdParty, requestsAtPeak: monthlyRequests, now: new Date() };
  return explainCost(plan, costPlan(plan, settings), undefined);
}
