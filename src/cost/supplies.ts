import { costAssumptions } from "../data/prices/assumptions.ts";
import { defaultCalls, hostsOfModel, type CallName } from "../data/prices/calls.ts";
import { neurons } from "../data/prices/cloudflare.ts";
import { callPrice, isWorkersAi, type CallPrice } from "./call-price.ts";
import { chooseEndpoint, peakOf, requestsServed, type Endpoint } from "./endpoint.ts";
import { derived, factInput } from "./inputs.ts";
import type { CostSettings, Costed, Line, Supply } from "./types.ts";

/** Every way to have the model run that has a price: none for local mode. @throws Error before `loadPrices` */
export function suppliesOf(costed: Costed, settings: CostSettings): Supply[] {
  if (costed.mode === "local") return [];
  if (costed.mode === "external") return externalCalls(costed, settings);
  return [...endpointSupply(costed, settings), ...hostSupplies(costed, settings)];
}

function externalCalls(costed: Costed, settings: CostSettings): Supply[] {
  const own = settings.providerModel ?? costed.model.id;
  const named = own === null ? [] : callSupply(own, costed, settings);
  if (named.length > 0 || settings.providerModel !== undefined || isWorkersAi(own ?? "")) return named;
  const hosts = hostCalls(costed, settings);
  return hosts.length > 0 ? hosts : callSupply(defaultCalls[costed.task], costed, settings);
}

function hostSupplies(costed: Costed, settings: CostSettings): Supply[] {
  return settings.thirdParty === false || settings.endpoint !== undefined ? [] : hostCalls(costed, settings);
}

function hostCalls(costed: Costed, settings: CostSettings): Supply[] {
  const names: readonly CallName[] = hostsOfModel[costed.model.id ?? ""] ?? [];
  return names.flatMap((name) => callSupply(name, costed, settings));
}

function callSupply(name: string, { workload }: Costed, { now }: CostSettings): Supply[] {
  const price = callPrice(name, { tokensIn: workload.tokensIn, tokensOut: workload.tokensOut, now });
  if (price === null) return [];
  return [{ kind: "call", name, call: price, cost: (requests) => callLine(price, requests, isWorkersAi(name)) }];
}

function callLine(price: CallPrice, requests: number, free: boolean): Line {
  const month = derived("requests", requests, "a month", "the size asked for");
  const each = derived("a call", price.usd, "USD", price.formula);
  if (!free)
    return {
      item: price.item,
      usd: requests * price.usd,
      formula: "requests × a call",
      inputs: [month, each, ...price.inputs],
    };
  const days = costAssumptions.hoursPerMonth.value / 24;
  const included = ((neurons.freePerDay.value * days) / 1_000) * neurons.usdPerThousand.value;
  return {
    item: price.item,
    usd: Math.max(0, requests * price.usd - included),
    formula: `requests × a call − free neurons × ${days} days / 1,000 × their price, at least 0`,
    inputs: [
      month,
      each,
      ...price.inputs,
      factInput("free neurons", neurons.freePerDay, "a day"),
      factInput("price of neurons", neurons.usdPerThousand, "USD a thousand"),
    ],
  };
}

function endpointSupply(costed: Costed, settings: CostSettings): Supply[] {
  const endpoint = chooseEndpoint(costed, settings.endpoint);
  if (endpoint === null) return [];
  const name = `${endpoint.gpu.title} (${endpoint.name}) by the hour`;
  return [
    { kind: "endpoint", name, call: null, cost: (requests) => endpointLine(endpoint, costed, settings, requests) },
  ];
}

function endpointLine(endpoint: Endpoint, costed: Costed, { requestsAtPeak }: CostSettings, requests: number): Line {
  const peak = peakOf(costed, requestsAtPeak);
  const count = Math.max(1, Math.ceil(requests / requestsServed(endpoint, peak.value) - 1e-9));
  return {
    item: "endpoint hours",
    usd: count * endpoint.monthlyUsd,
    formula: "endpoints × hours × price, always on",
    inputs: [
      derived(
        "endpoints",
        count,
        "",
        "GPU time of a request × requests × busiest time / month, rounded up, at least one",
      ),
      factInput("hours", costAssumptions.hoursPerMonth, "a month"),
      factInput(`price of ${endpoint.gpu.title} (${endpoint.name})`, endpoint.gpu.usdPerHour, "USD/h"),
      endpoint.needsBytes,
      endpoint.secondsPerRequest,
      peak,
      factInput(`memory of ${endpoint.name}`, endpoint.gpu.memoryBytes, "bytes"),
    ],
  };
}
