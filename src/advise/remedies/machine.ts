import { platforms } from "../../data/platforms.ts";
import { byMonth, byRatio, timesOf, unknownEffect } from "../effects.ts";
import { planCommand } from "../plan-command.ts";
import type { Effect, Remedy, Situation } from "../types.ts";
import type { Plan, PlanInput } from "../../plan/types.ts";

/** More of a processor for each request: more vCPUs, or fewer requests that share one. */

/** Two requests at once on one core take twice as long each: `max(1, concurrency / vCPUs)`. */
export const moreVcpus: Remedy = {
  name: "more vCPUs",
  helps: ["latency", "first-token", "throughput", "fit"],
  advise(situation) {
    const { plan } = situation;
    if (plan?.mode !== "local") return null;
    const { maxVcpus, maxMemoryMb, title } = platforms[plan.platform];
    if (plan.function.vcpus >= maxVcpus.value) return null;
    const change = { vcpus: maxVcpus.value, memoryMb: maxMemoryMb.value };
    const effects = effectsOf(situation, change, `${maxVcpus.value} vCPUs`);
    // What is not waiting for a processor is not helped by more of them.
    if (effects === null) return null;
    return {
      text: `more vCPUs: ${maxVcpus.value} with ${maxMemoryMb.value} MB, set in ${title}'s dashboard on a paid plan`,
      command: planCommand(plan, {
        "--vcpus": String(maxVcpus.value),
        "--memory": String(maxMemoryMb.value),
        ...concurrencyFlag(plan),
      }),
      effects,
    };
  },
};

/** Fewer requests share a processor; more instances serve them. */
export const lessConcurrency: Remedy = {
  name: "concurrency",
  helps: ["latency", "first-token"],
  advise(situation) {
    const { plan } = situation;
    const fewer = plan === null ? 0 : Math.max(1, Math.floor(plan.function.vcpus));
    if (plan === null || plan.mode !== "local" || plan.workload.concurrency <= fewer) return null;
    const effects = effectsOf(situation, { concurrency: fewer }, `${fewer} at once`);
    if (effects === null) return null;
    return {
      text: `concurrency: ${fewer} instead of ${plan.workload.concurrency} requests at once in one instance, with edge-ai add queue and QUEUE_MAX_IN_FLIGHT=${fewer}; more instances then serve the same traffic`,
      command: planCommand(plan, { "--concurrency": String(fewer) }),
      effects,
    };
  },
};

function effectsOf(situation: Situation, change: Partial<PlanInput>, name: string): Effect[] | null {
  const then = situation.planWith(change);
  if (then === null) return null;
  const times = timesOf(situation).flatMap((timed) => byRatio(situation, timed, then, name) ?? []);
  if (!times.some(({ gain }) => (gain ?? 0) > 0)) return null;
  const cost = byMonth(situation, then, name);
  return [...times, ...(cost === null ? [] : [cost])];
}

function concurrencyFlag({ workload: { concurrency } }: Plan): Record<string, string> {
  return concurrency === 1 ? {} : { "--concurrency": String(concurrency) };
}

/** A second network between caller and function, or function and endpoint, is paid with every request. */
export const region: Remedy = {
  name: "region",
  helps: ["latency", "first-token"],
  advise(situation) {
    const { plan } = situation;
    if (plan === null || plan.platform !== "vercel") return null;
    const isThin = plan.mode !== "local";
    const where = plan.function.regions.join(", ");
    return {
      text: `region: it runs in ${where}; ${isThin ? "run it near its endpoint, then near its callers" : "run it near its callers"}, "regions" in vercel.json`,
      command: `edge-ai compare${plan.model.id === null ? ` --params ${plan.model.params}` : ` ${plan.model.id}`} --task ${plan.task}`,
      effects: timesOf(situation).map((timed) => unknownEffect(timed, "measure it from where your callers are")),
    };
  },
};
