import { platforms, type PlatformName } from "../data/platforms.ts";
import type { Alternative, Plan } from "../plan/types.ts";
import { endpointAgainstTokens, localAgainstApi, type BreakEven } from "./break-even.ts";
import { costOf, type MonthOf } from "./option.ts";
import type { CostSettings, Costed, Month, OptionCost } from "./types.ts";

/** What a plan and its runners-up cost at three sizes. Amounts are not rounded. */
export interface PlanCost {
  /** Requests a month; the middle one is what was asked for. */
  sizes: [small: number, middle: number, large: number];
  /** The planned mode on its platform first. */
  options: OptionCost[];
  breakEvens: BreakEven[];
  /** The month of the planned mode at the middle size; null without a price. */
  planned: Month | null;
}

/** The middle size when no traffic was asked for. */
export const DEFAULT_REQUESTS = 100_000;

/**
 * Prices a plan: every mode on both platforms, at a tenth, once and ten times the asked traffic.
 * @throws Error before `loadPrices`
 */
export function costPlan(plan: Plan, settings: CostSettings): PlanCost {
  const middle = plan.workload.requestsPerMonth ?? DEFAULT_REQUESTS;
  const sizes: PlanCost["sizes"] = [Math.max(1, Math.round(middle / 10)), middle, middle * 10];
  const priced = modesOf(plan).flatMap((mode) =>
    platformsOf(mode).map((platform) => {
      const costed = costedOf(plan, mode, platform);
      return { mode, platform, costed, formula: costOf(costed, platform, settings) };
    }),
  );
  const options = priced.map(({ mode, platform, formula }) => ({
    mode: mode.mode,
    platform,
    planned: mode.mode === plan.mode && platform === plan.platform,
    ...judgedOn(mode, platform),
    ...monthsOf(formula, sizes),
  }));
  return { sizes, options, planned: plannedOf(options), breakEvens: breakEvensOf(priced, settings) };
}

type Judged = Pick<Alternative, "mode" | "passed" | "failed" | "platform" | "predicted" | "function">;

function modesOf(plan: Plan): Judged[] {
  const failed = plan.reasons.filter(({ mode, passed }) => mode === plan.mode && passed === false);
  const { mode, platform, predicted, fits } = plan;
  const chosen = {
    mode,
    platform,
    predicted,
    passed: fits,
    failed: failed.map(({ rule }) => rule),
    function: plan.function,
  };
  return [chosen, ...plan.alternatives];
}

function platformsOf({ platform }: Judged): PlatformName[] {
  return platform === "vercel" ? ["vercel", "cloudflare"] : ["cloudflare", "vercel"];
}

/** A mode as it would be on a platform: with that platform's own machine and regions when it was planned for the other. */
function costedOf(plan: Plan, judged: Judged, platform: PlatformName): Costed {
  const { defaultMemoryMb, defaultVcpus, defaultRegions } = platforms[platform];
  const machine = { memoryMb: defaultMemoryMb.value, vcpus: defaultVcpus.value, regions: [...defaultRegions] };
  const { mode, predicted } = judged;
  return {
    mode,
    predicted,
    function: judged.platform === platform ? judged.function : { ...judged.function, ...machine },
    task: plan.task,
    workload: plan.workload,
    model: {
      id: plan.model.id,
      params: plan.model.confidence === "unpublished" ? null : plan.model.params,
      activeParams: plan.model.activeParams,
    },
  };
}

function monthsOf(formula: MonthOf, sizes: PlanCost["sizes"]): Pick<OptionCost, "months" | "reason" | "others"> {
  if ("reason" in formula) return { months: null, reason: formula.reason, others: [] };
  const months = sizes.map((size) => formula.month(size));
  const used = months[1]?.supply;
  const others = formula.supplies
    .filter(({ name }) => name !== used)
    .map(({ name, cost }) => ({ name, ...cost(sizes[1]) }));
  return { months, reason: null, others };
}

/** A budget is judged with the price on the planned platform: on the other one it says nothing. */
function judgedOn(
  { platform: planned, passed, failed }: Judged,
  platform: PlatformName,
): Pick<OptionCost, "passed" | "failed"> {
  if (platform === planned) return { passed, failed };
  const others = failed.filter((rule) => rule !== "monthly-cost");
  return { passed: others.length < failed.length && others.length === 0 ? null : passed, failed: others };
}

function plannedOf(options: readonly OptionCost[]): Month | null {
  return options.find(({ planned }) => planned)?.months?.[1] ?? null;
}

interface Priced {
  mode: Judged;
  platform: PlatformName;
  costed: Costed;
  formula: MonthOf;
}

function breakEvensOf(priced: readonly Priced[], settings: CostSettings): BreakEven[] {
  const onVercel = (mode: Judged["mode"]): Priced | undefined =>
    priced.find((each) => each.platform === "vercel" && each.mode.mode === mode);
  const [local, hybrid, external] = [onVercel("local"), onVercel("hybrid"), onVercel("external")];
  const calls = [hybrid, external].map((each) =>
    each !== undefined && "supplies" in each.formula ? each.formula.supplies : [],
  );
  const hosts = calls.find((supplies) => supplies.some(({ call }) => call !== null)) ?? [];
  return [
    hybrid === undefined ? null : endpointAgainstTokens(hybrid.costed, hosts, settings),
    local === undefined || external === undefined || local.mode.passed === false
      ? null
      : localAgainstApi(local.formula, external.formula),
  ].filter((each) => each !== null);
}
