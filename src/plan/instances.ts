import { commonRpsPerInstance } from "../data/engines.ts";
import { formatMs } from "./format.ts";
import { sourceOf, type Rule, type Situation } from "./rule.ts";
import type { Instances } from "./types.ts";

/**
 * How many instances serve the asked requests a second: by the prediction where there is one, else by common experience
 * and its low end. One instance serves `max(concurrency, vCPUs) / p95`.
 */
export function instancesFor({ local, machine, workload }: Situation): Instances {
  const { concurrency, requestsPerSecond } = workload;
  const p95Ms = local?.p95Ms ?? null;
  if (p95Ms === null) return fromExperience(concurrency, requestsPerSecond);
  const perInstanceRps = Number(((Math.max(concurrency, machine.vcpus) * 1_000) / p95Ms).toPrecision(3));
  const each = `one instance serves about ${perInstanceRps} requests a second at ${formatMs(p95Ms)} each`;
  const needed = requestsPerSecond === null ? null : Math.ceil(requestsPerSecond / perInstanceRps);
  return {
    needed,
    perInstanceRps,
    predicted: true,
    concurrencyPerInstance: concurrency,
    text: sentence(each, needed, requestsPerSecond),
  };
}

function fromExperience(concurrency: number, requestsPerSecond: number | null): Instances {
  const { low, high } = commonRpsPerInstance;
  const each = `${low} to ${high} requests a second for each instance is common; nobody has measured this one`;
  const needed = requestsPerSecond === null ? null : Math.ceil(requestsPerSecond / low);
  const text =
    needed === null || requestsPerSecond === null
      ? sentence(each, null, null)
      : `${Math.ceil(requestsPerSecond / high)} to ${needed} instances for ${requestsPerSecond} requests a second: ${each}`;
  return { needed, perInstanceRps: low, predicted: false, concurrencyPerInstance: concurrency, text };
}

function sentence(each: string, needed: number | null, requestsPerSecond: number | null): string {
  if (needed === null) return `${each}; --rps says how many are needed`;
  return `${needed} ${needed === 1 ? "instance" : "instances"} for ${requestsPerSecond} requests a second: ${each}`;
}

export const instances: Rule = (situation) => {
  const { concurrency: limit } = situation.platform;
  const { needed, text, predicted, concurrencyPerInstance } = instancesFor(situation);
  if (needed === null || limit === null) return null;
  const inFlight = needed * concurrencyPerInstance;
  const fits = inFlight <= limit.value;
  return {
    rule: "instances",
    // The common range is too wide to rule a mode out.
    passed: fits || predicted ? fits : null,
    actual: inFlight,
    limit: limit.value,
    unit: "requests at once",
    text: fits ? text : `${text}; ${inFlight} requests at once are over ${limit.value}`,
    source: predicted ? sourceOf(limit) : sourceOf(commonRpsPerInstance),
  };
};
