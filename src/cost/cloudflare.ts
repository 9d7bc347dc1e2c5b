import { costAssumptions } from "../data/prices/assumptions.ts";
import { workersFree, workersPaid } from "../data/prices/cloudflare.ts";
import { derived, factInput } from "./inputs.ts";
import type { Free, Line, Work } from "./types.ts";

/** A month on Cloudflare's paid Workers plan, in USD: requests and CPU time beyond what is included; traffic and waiting are free. */
export function cloudflareMonth(requests: number, work: Work): Line[] {
  const { baseUsd, includedRequests, requestsUsdPerMillion, includedCpuMs, cpuUsdPerMillionMs } = workersPaid;
  const cpuMs = requests * work.cpuMs.value;
  return [
    {
      item: "base fee",
      usd: baseUsd.value,
      formula: "the paid Workers plan",
      inputs: [factInput("plan", baseUsd, "USD a month")],
    },
    {
      item: "requests",
      usd: (Math.max(0, requests - includedRequests.value) / 1e6) * requestsUsdPerMillion.value,
      formula: "(requests − included, at least 0) / 1,000,000 × rate",
      inputs: [
        derived("requests", requests, "a month", "the size asked for"),
        factInput("included", includedRequests, "a month"),
        factInput("rate", requestsUsdPerMillion, "USD a million"),
      ],
    },
    {
      item: "CPU time",
      usd: (Math.max(0, cpuMs - includedCpuMs.value) / 1e6) * cpuUsdPerMillionMs.value,
      formula: "(CPU − included, at least 0) / 1,000,000 × rate",
      inputs: [
        derived("CPU", cpuMs, "ms", "requests × processor time"),
        derived("requests", requests, "a month", "the size asked for"),
        work.cpuMs,
        factInput("included", includedCpuMs, "ms"),
        factInput("rate", cpuUsdPerMillionMs, "USD a million ms"),
      ],
    },
  ];
}

/** Whether the month fits the free Workers plan, spread evenly over its days. */
export function cloudflareFree(requests: number, work: Work): Free {
  const perDay = requests / (costAssumptions.hoursPerMonth.value / 24);
  const over = [
    ...(perDay > workersFree.requestsPerDay.value ? ["requests a day"] : []),
    ...(work.cpuMs.value > workersFree.cpuMsPerRequest.value ? ["CPU of a request"] : []),
  ];
  const text = over.length === 0 ? "fits the free Workers plan" : `over the free Workers plan: ${over.join(", ")}`;
  return { plan: "Workers Free", fits: over.length === 0, text };
}
