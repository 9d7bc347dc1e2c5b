import { commonRpsPerInstance } from "../data/engines.ts";
import { formatMs } from "./format.ts";
import { sourceOf, type Rule, type Situation } from "./rule.ts";
import type { Instances } from "./types.ts";
import type { Workload } from "./workload.ts";

/** 365 days of 24 hours in 12 months. */
export const SECONDS_PER_MONTH = 2_628_000;

/**
 * How many instances serve the asked requests a second: by the prediction where there is one, else by common experience
 * and its low end. One instance serves `max(concurrency, vCPUs) / p95`. Of requests a month the mean counts, which is the
 * least that is needed.
 */
export function instancesFor({ local, machine, workload }: Situation): Instances {
  const p95Ms = local?.p95Ms ?? null;
  if (p95Ms === null) return fromExperience(workload);
  const { concurrency } = workload;
  const perInstanceRps = Number(((Math.max(concurrency, machine.vcpus) * 1_000) / p95Ms).toPrecision(3));
  const each = `one instance serves about ${perInstanceRps} requests a second at ${formatMs(p95Ms)} each`;
  const rate = rateOf(workload);
  const needed = rate === null ? null : Math.ceil(rate.perSecond / perInstanceRps);
  return {
    needed,
    perInstanceRps,
    predicted: true,
    concurrencyPerInstance: concurrency,
    text: sentence(each, needed === null ? null : counted(needed), rate, concurrency),
  };
}

function fromExperience(workload: Workload): Instances {
  const { low, high } = commonRpsPerInstance;
  const { concurrency } = workload;
  const each = `${low} to ${high} requests a second for each instance is common; nobody has measured this one`;
  const rate = rateOf(workload);
  const needed = rate === null ? null : Math.ceil(rate.perSecond / low);
  const least = rate === null ? null : Math.ceil(rate.perSecond / high);
  const count = needed === null ? null : needed === least ? counted(needed) : `${least} to ${counted(needed)}`;
  const text = sentence(each, count, rate, concurrency);
  return { needed, perInstanceRps: low, predicted: false, concurrencyPerInstance: concurrency, text };
}

interface Rate {
  perSecond: number;
  text: string;
}

function rateOf({ requestsPerSecond, requestsPerMonth }: Workload): Rate | null {
  if (requestsPerSecond !== null) {
    return { perSecond: requestsPerSecond, text: `${requestsPerSecond} requests a second` };
  }
  if (requestsPerMonth === null) return null;
  const perSecond = Number((requestsPerMonth / SECONDS_PER_MONTH).toPrecision(3));
  return {
    perSecond,
    text: `${perSecond} requests a second, the mean of ${requestsPerMonth} a month (--rps says the busiest time)`,
  };
}

function counted(instances: number): string {
  return `${instances} ${instances === 1 ? "instance" : "instances"}`;
}

function sentence(each: string, count: string | null, rate: Rate | null, concurrency: number): string {
  if (count === null || rate === null) return `${each}; --rps says how many are needed`;
  return `${count} with ${concurrency} at once in each for ${rate.text}: ${each}`;
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
