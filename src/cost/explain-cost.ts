import type { Explained } from "../explain.ts";
import { PRICE_DAYS } from "../data/prices/age.ts";
import { gpus } from "../data/prices/gpus.ts";
import type { Plan } from "../plan/types.ts";
import { gpuNames } from "./endpoint.ts";
import { derived, factInput } from "./inputs.ts";
import { roundEach, roundUsd } from "./money.ts";
import type { PlanCost } from "./plan-cost.ts";
import type { Month, OptionCost } from "./types.ts";

/** Where every number of a cost comes from, in the order in which they are printed. */
export function explainCost(plan: Plan, cost: PlanCost, limitUsd: number | undefined): Explained[] {
  return [
    ...asked(plan, cost, limitUsd),
    ...cost.options.flatMap((option) => [
      ...(option.months ?? []).flatMap((month) => explainMonth(option, month)),
      ...option.others.map(({ name, usd, formula, inputs }) => ({
        what: `${name} alone (${nameOf(option)})`,
        value: roundUsd(usd),
        unit: "USD",
        formula,
        inputs,
      })),
    ]),
    {
      what: "days after which a price is old",
      value: PRICE_DAYS,
      unit: "days",
      formula: "fixed",
      inputs: [derived("limit", PRICE_DAYS, "days", "chosen by edge-ai")],
    },
    ...cost.breakEvens.flatMap(({ name, requests, formula, inputs, also }) => [
      ...(requests === null
        ? []
        : [{ what: `${name}, break-even`, value: requests, unit: "requests a month", formula, inputs }]),
      ...also,
    ]),
    ...gpuNames.map((name) => ({
      what: `--endpoint ${name}`,
      value: gpus[name].usdPerHour.value,
      unit: "USD/h",
      formula: "list price",
      inputs: [factInput("list price", gpus[name].usdPerHour, "USD/h")],
    })),
  ];
}

function nameOf({ mode, platform }: Pick<OptionCost, "mode" | "platform">): string {
  return `${mode} on ${platform}`;
}

function asked({ workload }: Plan, { sizes }: PlanCost, limitUsd: number | undefined): Explained[] {
  const [small, middle, large] = sizes;
  const middleInput = derived("middle", middle, "requests a month", "--monthly-requests, or 100,000");
  return [
    given("tokens in", workload.tokensIn, "a request", "--tokens-in"),
    given("tokens out", workload.tokensOut, "a request", "--tokens-out"),
    given("requests at once in an instance", workload.concurrency, "", "--concurrency"),
    {
      what: "small size",
      value: small,
      unit: "requests a month",
      formula: "middle / 10, at least 1",
      inputs: [middleInput],
    },
    given("middle size", middle, "requests a month", "--monthly-requests, or 100,000"),
    { what: "large size", value: large, unit: "requests a month", formula: "middle × 10", inputs: [middleInput] },
    ...(limitUsd === undefined ? [] : [given("budget", limitUsd, "USD a month", "--budget")]),
  ];
}

function given(what: string, value: number, unit: string, flag: string): Explained {
  const inputs = [derived(what, value, unit, flag)];
  return { what, value, unit, formula: "as asked, or the default of the task", inputs };
}

function explainMonth(option: OptionCost, { requests, lines, usd, perRequestUsd }: Month): Explained[] {
  const where = `${nameOf(option)}, ${requests} requests`;
  const total = derived("month", usd, "USD", "the sum of the lines");
  return [
    ...lines.map(({ item, usd: amount, formula, inputs }) => ({
      what: `${item} (${where})`,
      value: roundUsd(amount),
      unit: "USD",
      formula,
      inputs,
    })),
    {
      what: `month (${where})`,
      value: roundUsd(usd),
      unit: "USD",
      formula: "the sum of the lines",
      inputs: lines.map((line) => derived(line.item, line.usd, "USD", "above")),
    },
    {
      what: `a request (${where})`,
      value: roundEach(perRequestUsd),
      unit: "USD",
      formula: "month / requests",
      inputs: [total, derived("requests", requests, "a month", "the size asked for")],
    },
  ];
}
