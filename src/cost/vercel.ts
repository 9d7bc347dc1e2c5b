import { costAssumptions } from "../data/prices/assumptions.ts";
import {
  vercelCompute,
  vercelHobby,
  vercelInvocations,
  vercelPro,
  vercelTraffic,
  type ComputeRates,
} from "../data/prices/vercel.ts";
import type { Fact } from "../data/fact.ts";
import { busyInstances } from "./busy-instances.ts";
import { derived, factInput } from "./inputs.ts";
import type { Free, Line, Quantity, Work } from "./types.ts";

/** What a month uses; `from` are the inputs that it was counted from. */
interface Usage {
  requests: Quantity;
  cpuHours: Counted;
  memoryGbHours: Counted;
  transferGb: Counted;
}

interface Counted {
  used: Quantity;
  from: Quantity[];
}

/**
 * A month on Vercel's Pro plan, in USD: active CPU, memory for as long as any request is in flight, invocations, traffic, and
 * the plan with its credit. Sources: src/data/prices/vercel.ts.
 */
export function vercelMonth(requests: number, work: Work, region: string): Line[] {
  const usage = usageOf(requests, work);
  const used = [...computeLines(usage, ratesOf(region), region), ...trafficLines(usage, region)];
  const usedUsd = used.reduce((sum, { usd }) => sum + usd, 0);
  const credit = factInput("credit", vercelPro.creditUsd, "USD");
  return [
    {
      item: "base fee",
      usd: vercelPro.baseUsd.value,
      formula: "one seat of the Pro plan",
      inputs: [factInput("seat", vercelPro.baseUsd, "USD a month")],
    },
    ...used,
    {
      item: "included credit",
      usd: -Math.min(credit.value, usedUsd),
      formula: "− the smaller of credit and usage",
      inputs: [credit, derived("usage", usedUsd, "USD", "the sum of the lines above")],
    },
  ];
}

/** With a region for each, the rates are those of the dearest: where requests go is not known. */
export function dearestRegion(regions: readonly string[]): string {
  const known = regions.filter((region) => vercelCompute[region] !== undefined);
  return known.toSorted((a, b) => ratesOf(b).cpuUsdPerHour.value - ratesOf(a).cpuUsdPerHour.value)[0] ?? "iad1";
}

function ratesOf(region: string): ComputeRates {
  const rates = vercelCompute[region];
  if (rates === undefined) throw new Error(`no rates for ${region}`);
  return rates;
}

function usageOf(requests: number, work: Work): Usage {
  const seconds = costAssumptions.hoursPerMonth.value * 3_600;
  const inFlight = ((requests / seconds) * work.serviceMs.value) / 1_000;
  const instances = busyInstances(inFlight, work.sharing.value);
  const hours = factInput("hours", costAssumptions.hoursPerMonth, "a month");
  const count = derived("requests", requests, "a month", "the size asked for");
  const { cpuMs, serviceMs, sharing, memoryGb, bytes } = work;
  return {
    requests: count,
    cpuHours: {
      used: derived("CPU", (requests * cpuMs.value) / 3.6e6, "h", "requests × processor time / 3,600,000"),
      from: [count, cpuMs],
    },
    memoryGbHours: {
      used: derived(
        "memory in use",
        instances * hours.value * memoryGb.value,
        "GB-h",
        "E[⌈K / requests at once⌉] × hours × memory, K requests in flight: Poisson, mean = requests × time in flight / hours",
      ),
      from: [count, serviceMs, sharing, hours, memoryGb],
    },
    transferGb: {
      used: derived("traffic", (requests * bytes.value) / 1e9, "GB", "requests × bytes / 1,000,000,000"),
      from: [count, bytes],
    },
  };
}

function computeLines(usage: Usage, rates: ComputeRates, region: string): Line[] {
  const { requests, cpuHours, memoryGbHours } = usage;
  return [
    {
      item: "active CPU",
      usd: cpuHours.used.value * rates.cpuUsdPerHour.value,
      formula: "CPU × rate",
      inputs: [cpuHours.used, factInput(`rate in ${region}`, rates.cpuUsdPerHour, "USD/h"), ...cpuHours.from],
    },
    {
      item: "provisioned memory",
      usd: memoryGbHours.used.value * rates.memoryUsdPerGbHour.value,
      formula: "memory in use × rate",
      inputs: [
        memoryGbHours.used,
        factInput(`rate in ${region}`, rates.memoryUsdPerGbHour, "USD/GB-h"),
        ...memoryGbHours.from,
      ],
    },
    {
      item: "invocations",
      usd: (requests.value / 1e6) * vercelInvocations.value,
      formula: "requests / 1,000,000 × rate",
      inputs: [requests, factInput("rate", vercelInvocations, "USD a million")],
    },
  ];
}

/** Visitors are taken to be in the function's region. */
function trafficLines({ requests, transferGb }: Usage, region: string): Line[] {
  const { edgeRequestsUsdPerMillion, dataTransferUsdPerGb, originTransferUsdPerGb } = vercelTraffic;
  return [
    {
      item: "edge requests",
      ...beyond(
        { used: requests, from: [] },
        vercelPro.includedEdgeRequests,
        1e6,
        rateIn(edgeRequestsUsdPerMillion, region, "USD a million"),
      ),
    },
    {
      item: "data transfer",
      ...beyond(transferGb, vercelPro.includedDataTransferGb, 1, rateIn(dataTransferUsdPerGb, region, "USD/GB")),
    },
    {
      item: "origin transfer",
      usd: transferGb.used.value * rateIn(originTransferUsdPerGb, region, "").value,
      formula: "traffic × rate",
      inputs: [transferGb.used, rateIn(originTransferUsdPerGb, region, "USD/GB"), ...transferGb.from],
    },
  ];
}

function beyond({ used, from }: Counted, included: Fact, per: number, rate: Quantity): Omit<Line, "item"> {
  return {
    usd: (Math.max(0, used.value - included.value) / per) * rate.value,
    formula: `(${used.name} − included, at least 0)${per === 1 ? "" : " / 1,000,000"} × rate`,
    inputs: [used, factInput("included", included, used.unit), rate, ...from],
  };
}

/** The region's own rate where we know it, else the dearest that is published: too much rather than too little. */
function rateIn(rates: Readonly<Record<string, Fact>> & { dearest: Fact }, region: string, unit: string): Quantity {
  const own = rates[region];
  return own === undefined
    ? factInput(`dearest published rate (that of ${region} is not in our table)`, rates.dearest, unit)
    : factInput(`rate in ${region}`, own, unit);
}

/** Whether the month fits the Hobby plan. */
export function vercelFree(requests: number, work: Work): Free {
  const { cpuHours, memoryGbHours, transferGb } = usageOf(requests, work);
  const over = [
    { name: "CPU", used: cpuHours.used.value, limit: vercelHobby.cpuHours },
    { name: "memory", used: memoryGbHours.used.value, limit: vercelHobby.memoryGbHours },
    { name: "invocations", used: requests, limit: vercelHobby.invocations },
    { name: "edge requests", used: requests, limit: vercelHobby.edgeRequests },
    { name: "data transfer", used: transferGb.used.value, limit: vercelHobby.dataTransferGb },
  ].filter(({ used, limit }) => used > limit.value);
  const fits = over.length === 0;
  const text = fits
    ? "fits the free Hobby plan, which is not for business"
    : `over the free Hobby plan: ${over.map(({ name }) => name).join(", ")}`;
  return { plan: "Hobby", fits, text };
}
