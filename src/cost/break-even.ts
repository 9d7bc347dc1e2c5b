import { chooseEndpoint, peakOf, requestsServed } from "./endpoint.ts";
import { derived, factInput } from "./inputs.ts";
import { formatCount } from "./money.ts";
import { costAssumptions } from "../data/prices/assumptions.ts";
import type { ExplainedInput } from "../explain.ts";
import type { MonthOf } from "./option.ts";
import type { CostSettings, Costed, Supply } from "./types.ts";

/** Where one way becomes cheaper than another. */
export interface BreakEven {
  name: "endpoint against tokens" | "local against API";
  /** Requests a month; null when one is cheaper at any traffic. */
  requests: number | null;
  text: string;
  formula: string;
  inputs: ExplainedInput[];
  /** The numbers of `text` besides `requests`. */
  also: { what: string; value: number; unit: string; formula: string; inputs: ExplainedInput[] }[];
}

/** Three digits that count: more would pretend. */
function rounded(requests: number): number {
  return Math.round(Number(requests.toPrecision(3)));
}

/**
 * An endpoint by the hour against a host per call: `USD a month / USD a call`. There is none when one endpoint cannot serve that
 * many: a second one doubles both.
 * @returns null when one of the two has no price
 */
export function endpointAgainstTokens(
  costed: Costed,
  supplies: readonly Supply[],
  settings: CostSettings,
): BreakEven | null {
  const endpoint = chooseEndpoint(costed, settings.endpoint);
  const calls = supplies.flatMap(({ name, call }) => (call === null ? [] : [{ name, call }]));
  const cheapest = calls.toSorted((a, b) => a.call.usd - b.call.usd)[0];
  if (endpoint === null || cheapest === undefined) return null;
  const { call, name } = cheapest;
  const peak = peakOf(costed, settings.requestsAtPeak);
  const served = rounded(requestsServed(endpoint, peak.value));
  const needed = rounded(endpoint.monthlyUsd / call.usd);
  const title = `${endpoint.gpu.title} (${endpoint.name}) by the hour`;
  const inputs = [
    factInput(`price of ${endpoint.name}`, endpoint.gpu.usdPerHour, "USD/h"),
    factInput("hours", costAssumptions.hoursPerMonth, "a month"),
    derived(`a call of ${name}`, call.usd, "USD", call.formula),
    ...call.inputs,
  ];
  const formula = "hours × price of the endpoint / a call";
  const capacity = {
    what: `requests a month that one ${endpoint.name} serves`,
    value: served,
    unit: "a month",
    formula: "seconds of a month / GPU time of a request / busiest time against the mean",
    inputs: [endpoint.secondsPerRequest, peak, factInput("hours", costAssumptions.hoursPerMonth, "a month")],
  };
  if (needed <= served) {
    const text = `${title} is cheaper than ${name} from ${formatCount(needed)} requests a month on (one serves ${formatCount(served)})`;
    return { name: "endpoint against tokens", requests: needed, text, formula, inputs, also: [capacity] };
  }
  const text = `${name} is cheaper than ${title} at any traffic: one serves ${formatCount(served)} requests a month, and would pay from ${formatCount(needed)} on`;
  const never = {
    what: "requests a month from which an endpoint would pay",
    value: needed,
    unit: "a month",
    formula,
    inputs,
  };
  return { name: "endpoint against tokens", requests: null, text, formula, inputs, also: [capacity, never] };
}

const MOST = 1e10;
/** Differences below this, in USD, are those of floating-point sums. */
const SAME_USD = 1e-9;

/** The model in the function against a provider's API, both on Vercel: the first traffic at which the cheaper one changes. */
export function localAgainstApi(local: MonthOf, api: MonthOf): BreakEven | null {
  if (!("month" in local) || !("month" in api)) return null;
  const cheaperAt = (requests: number): number => {
    const difference = local.month(requests).usd - api.month(requests).usd;
    return Math.abs(difference) < SAME_USD ? 0 : Math.sign(difference);
  };
  const name = "local against API" as const;
  const none = {
    name,
    requests: null,
    formula: "month(local) against month(API)",
    inputs: [],
    also: [],
  } satisfies Partial<BreakEven>;
  const first = traffics.find((requests) => cheaperAt(requests) !== 0);
  if (first === undefined) return { ...none, text: "local and the API cost the same" };
  const sign = cheaperAt(first);
  const [cheaper, dearer] = sign < 0 ? ["local", "the API"] : ["the API", "local"];
  const beyond = traffics.find((requests) => requests > first && cheaperAt(requests) === -sign);
  if (beyond === undefined) {
    return { ...none, text: `${cheaper} is cheaper than ${dearer} at any traffic` };
  }
  const requests = rounded(bisect((each) => cheaperAt(each) === -sign, beyond / STEP, beyond));
  const inputs = [
    derived("month(local) there", local.month(requests).usd, "USD", "the lines of local on vercel, at that traffic"),
    derived("month(API) there", api.month(requests).usd, "USD", "the lines of external on vercel, at that traffic"),
  ];
  const text = `${cheaper} is cheaper than ${dearer} below ${formatCount(requests)} requests a month, and dearer above`;
  return { name, requests, text, formula: "requests at which month(local) = month(API)", inputs, also: [] };
}

const STEP = 1.1;

/** From one request a month on, in steps of a tenth. */
const traffics: readonly number[] = Array.from(
  { length: Math.ceil(Math.log(MOST) / Math.log(STEP)) + 1 },
  (_, step) => STEP ** step,
);

/** The least number from which on something holds, between one for which it does not and one for which it does. */
function bisect(holds: (requests: number) => boolean, from: number, to: number): number {
  let [low, high] = [from, to];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
