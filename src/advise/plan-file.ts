import * as z from "zod";
import { parseWith } from "../config/read.ts";
import { modes, tasks } from "../config/words.ts";
import type { Plan, PlanInput } from "../plan/types.ts";

/** Sizes that follow from the name; any other was found out, and is not found out again. */
const NAMED: ReadonlySet<string> = new Set(["catalogue", "family", "name", "unpublished"]);

const known = z.number().nullable();

/** What of `edge-ai plan --json` is needed to plan the same again. Other keys may come and go. */
const planFileSchema = z.object({
  version: z.literal(1),
  task: z.enum(tasks),
  mode: z.enum(modes),
  platform: z.enum(["vercel", "cloudflare"]),
  model: z.object({ id: z.string().nullable(), params: z.number().positive(), confidence: z.string() }),
  latencyBudgetMs: z.number().positive(),
  workload: z.object({
    tokensIn: z.number(),
    tokensOut: z.number(),
    concurrency: z.number(),
    requestsPerSecond: known,
    requestsPerMonth: known,
    streaming: z.boolean(),
  }),
  limits: z.object({ coldStartBudgetMs: known, monthlyBudgetUsd: known, thirdParty: z.boolean() }),
  function: z.object({ memoryMb: z.number(), vcpus: z.number(), regions: z.array(z.string()) }),
  reasons: z.array(
    z.object({
      rule: z.string(),
      mode: z.enum(modes),
      passed: z.boolean().nullable(),
      actual: known,
      limit: known,
      unit: z.string(),
      text: z.string(),
      source: z.string(),
    }),
  ),
});

/**
 * A plan out of a file: what it was made for, and its reasons.
 * @throws CliError BAD_CONFIG when it is not what `plan --json` prints
 */
export function parsePlanFile(
  value: unknown,
  file: string,
): { input: PlanInput; plan: Pick<Plan, "reasons" | "mode"> } {
  const plan = parseWith(planFileSchema, value, file);
  const { model, workload, platform, task, mode, latencyBudgetMs } = plan;
  const size = NAMED.has(model.confidence) && model.id !== null ? {} : { params: model.params };
  const input: PlanInput = {
    ...(model.id !== null && { model: model.id }),
    ...size,
    task,
    mode,
    target: platform,
    latencyBudgetMs,
    tokensIn: workload.tokensIn,
    tokensOut: workload.tokensOut,
    concurrency: workload.concurrency,
    streaming: workload.streaming,
    requestsPerSecond: workload.requestsPerSecond ?? undefined,
    requestsPerMonth: workload.requestsPerMonth ?? undefined,
    coldStartBudgetMs: plan.limits.coldStartBudgetMs ?? undefined,
    monthlyBudgetUsd: plan.limits.monthlyBudgetUsd ?? undefined,
    thirdParty: plan.limits.thirdParty,
    memoryMb: plan.function.memoryMb,
    vcpus: plan.function.vcpus,
    regions: platform === "vercel" ? plan.function.regions : undefined,
  };
  return { input, plan };
}
