import { allAdvice } from "../advise/advise.ts";
import { renderAdvice } from "../advise/render.ts";
import { alertTroubles, healthTroubles, planTroubles } from "../advise/troubles.ts";
import type { Advice, AdviceDocument, Situation } from "../advise/types.ts";
import { DEFAULT_REQUESTS } from "../cost/plan-cost.ts";
import { models } from "../data/models.ts";
import { CliError } from "../errors.ts";
import { answer, type Io } from "../io.ts";
import { planModel } from "../plan/plan.ts";
import type { Plan, PlanInput, PlanKnowledge } from "../plan/types.ts";
import { readParts, readSources, type AdviseOptions, type Sources } from "./advise-sources.ts";
import { planInput, type WorkloadOptions } from "./plan-input.ts";

/** What `edge-ai cost` assumes too where nobody says how many. */
const ASSUMED_REQUESTS: number = DEFAULT_REQUESTS;

/** `edge-ai advise`: the remedies for what a health check, alerts or a plan found, best first. @returns 0 */
export async function adviseCommand(io: Io, options: AdviseOptions): Promise<number> {
  const sources = await readSources(io, options);
  const document = await adviseFrom(io, sources, options.explain === true);
  answer(io, options.json === true ? document : renderAdvice(document));
  return 0;
}

/** What can be done about what the sources say. @throws CliError when the project or its model cannot be planned */
export async function adviseFrom(io: Io, sources: Sources, explain: boolean): Promise<AdviceDocument> {
  const planner = await plannerOf(io, sources);
  const plan = planner?.({}) ?? null;
  const troubles = troublesOf(sources, plan);
  const situation: Situation = {
    troubles,
    plan,
    planWith: (change) => planner?.(change) ?? null,
    measured: sources.health?.health.measurement ?? null,
    parts: sources.config === null ? null : await readParts(io.cwd),
    models,
  };
  const context = sources.config && { ...sources.config, target: sources.health?.target ?? sources.config.target };
  const advice = allAdvice(situation, sources.health?.health ?? null, context);
  return {
    version: 1,
    from: {
      health: sources.health?.name ?? null,
      alerts: sources.alerts?.name ?? null,
      plan:
        sources.plan?.name ?? (sources.health === null && sources.alerts === null ? "the plan of this project" : null),
    },
    app: plan === null ? null : { task: plan.task, model: plan.model.id, mode: plan.mode },
    troubles,
    advice,
    warnings: warningsFor(sources, plan, advice),
    ...(explain && {
      explained: advice.flatMap(({ effects }) => effects.flatMap(({ explained }) => explained)),
    }),
  };
}

function warningsFor({ plan: file }: Sources, plan: Plan | null, advice: readonly Advice[]): string[] {
  if (plan === null) return ["without a model that edge-ai.json or --plan names, no effect can be predicted"];
  const isPriced = advice.some(({ effects }) => effects.some(({ on }) => on === "cost a month"));
  const isAsked = (file?.input.requestsPerMonth ?? null) !== null;
  return isPriced && !isAsked
    ? [
        `nobody said how much traffic there is: costs are for ${ASSUMED_REQUESTS.toLocaleString("en-US")} requests a month`,
      ]
    : [];
}

/** A plan is a trouble when it was named, or when there is nothing else. */
function troublesOf({ health, alerts, plan: file }: Sources, plan: Plan | null): Situation["troubles"][number][] {
  const own = file?.plan ?? (health === null && alerts === null ? plan : null);
  return [
    ...(health === null ? [] : healthTroubles(health.health)),
    ...(alerts === null ? [] : alertTroubles(alerts.alerts)),
    ...(own === null ? [] : planTroubles(own)),
  ];
}

/**
 * Plans the app again with something changed. Always by formula: what was measured of one model is no figure of another,
 * and only the ratio of two predictions is used.
 */
async function plannerOf(
  io: Io,
  { config, plan }: Sources,
): Promise<((change: Partial<PlanInput>) => Plan | null) | null> {
  if (plan === null && config === null) return null;
  const asked = plan === null ? {} : workloadOf(plan.input);
  const { input, knowledge } = await planInput(io, { monthlyRequests: ASSUMED_REQUESTS, ...asked, offline: true });
  return (change) => planOrNull({ ...input, ...change }, knowledgeFor(knowledge, change));
}

/** As flags say it; what was not said is not there. */
function workloadOf(input: PlanInput): WorkloadOptions {
  const { latencyBudgetMs, coldStartBudgetMs, monthlyBudgetUsd, memoryMb, regions, ...others } = input;
  const { requestsPerSecond, requestsPerMonth, streaming, ...same } = others;
  const asked: WorkloadOptions = {
    ...same,
    latencyBudget: latencyBudgetMs,
    coldStartBudget: coldStartBudgetMs,
    budget: monthlyBudgetUsd,
    rps: requestsPerSecond,
    stream: streaming,
    memory: memoryMb,
    regions: regions && [...regions],
  };
  return requestsPerMonth === undefined ? asked : { ...asked, monthlyRequests: requestsPerMonth };
}

function knowledgeFor(knowledge: PlanKnowledge, change: Partial<PlanInput>): PlanKnowledge {
  const { model, ...rest } = { ...knowledge, measured: undefined };
  return change.model === undefined ? { ...rest, model } : rest;
}

/** null for what cannot be planned, like two vCPUs where there is one, or a model that nobody knows. */
function planOrNull(input: PlanInput, knowledge: PlanKnowledge): Plan | null {
  try {
    return planModel(input, knowledge);
  } catch (error) {
    if (error instanceof CliError) return null;
    throw error;
  }
}
