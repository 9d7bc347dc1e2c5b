import type { Config } from "../config/schema.ts";
import type { TargetName } from "../config/words.ts";
import { CliError } from "../errors.ts";
import type { HealthDocument } from "../health/document.ts";
import { planHealth, watchPlan } from "../health/plan.ts";
import type { Deployment, Target } from "../targets/target.ts";
import { explain } from "./explain.ts";
import { measure, type Measuring } from "./gate.ts";
import type { Refusal } from "./smoke.ts";

/** Shares of the traffic that a release gets before all of it, in percent; none: it gets all at once. */
export function trafficSteps({ targets }: Pick<Config, "targets">, targetName: TargetName): readonly number[] {
  return targetName === "cloudflare" ? (targets.cloudflare?.trafficSteps ?? []) : [];
}

/** A step at which the new deployment did not prove itself. */
export interface Stopped {
  percentage: number;
  health: HealthDocument;
  /** Why production could not get its traffic back; null when it has it. */
  notTaken: string | null;
}

/**
 * Gives a staged deployment more and more of the traffic, and measures it at each step, by what reaches it and no other. When
 * it fails, or proves nothing, production gets all of its traffic back.
 * @returns where it stopped; null when it passed every step
 */
export async function climb(
  { target, steps, onProgress, ...measuring }: Measuring & { target: Target; steps: readonly number[] },
  deployment: Deployment,
): Promise<Stopped | null> {
  if (target.shift === undefined) return null;
  for (const percentage of steps) {
    onProgress(`${deployment.id} gets ${percentage} % of the traffic`);
    await target.shift(deployment.id, percentage);
    const health = await measure({ ...measuring, onProgress }, watchPlan(planHealth(measuring.config)), deployment);
    // After a signal the share stays: the same command again goes on from here, and a rollback takes it back.
    measuring.signal.throwIfAborted();
    if (health.verdict === "pass") continue;
    return { percentage, health, notTaken: await takeBack(target, deployment.id) };
  }
  return null;
}

/** Why it failed is worth more than that the way back failed too, which has to be said as well. */
async function takeBack(target: Target, id: string): Promise<string | null> {
  try {
    await target.shift?.(id, 0);
    return null;
  } catch (error) {
    if (error instanceof CliError) return error.message;
    throw error;
  }
}

/** Why a release that was stopped on its way up is refused. */
export function stoppedBy({ percentage, health, notTaken }: Stopped): Partial<Refusal> {
  const why = explain(health);
  if (notTaken !== null) {
    const has = `it still has ${percentage} % of the traffic, which could not be taken back: ${notTaken}`;
    const hint = "edge-ai rollback --target cloudflare takes it back";
    return { ...why, message: `${why.message ?? health.verdict}\n${has}`, hint };
  }
  const took = `it had ${percentage} % of the traffic, which production has back; production is otherwise as it was`;
  return { ...why, message: `${why.message ?? health.verdict}\n${took}` };
}
