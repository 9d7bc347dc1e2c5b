import { roiAssumptions } from "../../data/prices/assumptions.ts";
import type { ExplainedInput } from "../../explain.ts";
import { factInput } from "../inputs.ts";
import { formatUsd, roundUsd } from "../money.ts";
import { figure, number } from "./figure.ts";
import { asked, contradictions, impliedFigures, savingsFigures, savingsOf } from "./savings.ts";
import type { Figure, Roi, RoiInput } from "./types.ts";

/** "Within 4 weeks": how soon the classic example says that it has paid for itself. */
const CLASSIC_WEEKS = 4;

/** What an app earns: net gain, ROI by both common definitions, payback, and the ROI that has the building in it. */
export function roiOf(input: RoiInput): Roi {
  const savings = savingsOf(input);
  const build = buildFigure(input);
  const gain = savings.usd - input.monthlyCost;
  const paid = paybackFigures(input, gain, buildUsd(input));
  return {
    figures: [
      ...savingsFigures(input, savings),
      ...monthFigures(input, savings.usd),
      build,
      ...paid.figures,
      ...horizonFigures(input, savings.usd),
      ...impliedFigures(input, savings),
    ],
    findings: [definitions(input, savings.usd), ...paid.findings],
    warnings: contradictions(input, savings),
  };
}

function above(name: string, value: number, unit: string): ExplainedInput {
  return { name, value, unit, source: "above", checkedAt: null };
}

function monthFigures(input: RoiInput, savingsUsd: number): Figure[] {
  const { monthlyCost: cost } = input;
  const gain = savingsUsd - cost;
  const savings = above("savings", savingsUsd, "USD");
  const running = asked(input, "running cost", cost, "USD", "--monthly-cost");
  return [
    figure("running cost", "running cost a month", "USD", cost, {
      formula: "as said",
      filled: "--monthly-cost",
      inputs: [running],
    }),
    figure("net gain", "net gain a month", "USD", gain, {
      formula: "savings − running cost",
      filled: `${number(savingsUsd)} − ${number(cost)}`,
      inputs: [savings, running],
    }),
    figure("roiSavings", "ROI as savings ÷ cost", "percent", savingsUsd / cost, {
      formula: "savings / running cost",
      filled: `${number(savingsUsd)} / ${number(cost)}`,
      inputs: [savings, running],
    }),
    figure("roiNetGain", "ROI as net gain ÷ cost", "percent", gain / cost, {
      formula: "(savings − running cost) / running cost",
      filled: `${number(gain)} / ${number(cost)}`,
      inputs: [savings, running],
    }),
  ];
}

function percent(ratio: number): string {
  return `${number(Number((ratio * 100).toPrecision(4)))} %`;
}

function definitions({ monthlyCost }: RoiInput, savingsUsd: number): string {
  const [all, net] = [savingsUsd / monthlyCost, (savingsUsd - monthlyCost) / monthlyCost];
  return `${percent(all)} is savings ÷ cost, ${percent(net)} is net gain ÷ cost: the second is what return on investment means; neither has the building in it`;
}

function buildHours({ buildWeeks }: RoiInput): number {
  return buildWeeks * roiAssumptions.hoursPerWeek.value;
}

function buildUsd(input: RoiInput): number {
  return buildHours(input) * input.developerWage;
}

function buildInputs(input: RoiInput): ExplainedInput[] {
  return [
    asked(input, "weeks to build", input.buildWeeks, "weeks", "--build-weeks"),
    factInput("hours a week", roiAssumptions.hoursPerWeek, "h"),
    asked(input, "developer's hour", input.developerWage, "USD/h", "--developer-wage"),
  ];
}

function buildFigure(input: RoiInput): Figure {
  return figure("build cost", "cost of building it", "USD", buildUsd(input), {
    formula: "weeks to build × hours a week × developer's hour",
    filled: `${number(input.buildWeeks)} × ${number(roiAssumptions.hoursPerWeek.value)} × ${number(input.developerWage)}`,
    inputs: buildInputs(input),
  });
}

/** When the gain has paid for the building: from launch, and from the start of building. */
function paybackFigures(input: RoiInput, gain: number, cost: number): { figures: Figure[]; findings: string[] } {
  if (gain <= 0)
    return { figures: [], findings: ["it never pays for itself: it costs at least as much a month as it saves"] };
  const perMonth = roiAssumptions.weeksPerMonth.value;
  const weeks = (cost / gain) * perMonth;
  const fromLaunch = figure("paybackLaunch", "payback from launch", "weeks", weeks, {
    formula: "cost of building / net gain a month × weeks a month",
    filled: `${number(cost)} / ${number(gain)} × ${number(perMonth)}`,
    inputs: [
      above("cost of building", cost, "USD"),
      above("net gain", gain, "USD a month"),
      factInput("weeks a month", roiAssumptions.weeksPerMonth, "weeks"),
    ],
  });
  const fromStart = figure("paybackStart", "payback from the start", "weeks", input.buildWeeks + weeks, {
    formula: "weeks to build + payback from launch",
    filled: `${number(input.buildWeeks)} + ${number(Number(weeks.toPrecision(3)))}`,
    inputs: [
      asked(input, "weeks to build", input.buildWeeks, "weeks", "--build-weeks"),
      above("payback from launch", weeks, "weeks"),
    ],
  });
  const limit = wageLimit(input, gain);
  return {
    figures: [fromLaunch, fromStart, ...(limit === null ? [] : [limit])],
    findings: [withinClassic(input, input.buildWeeks + weeks, limit)],
  };
}

/** The developer wage up to which it is paid within the classic's 4 weeks; null when building alone takes that long. */
function wageLimit(input: RoiInput, gain: number): Figure | null {
  const left = CLASSIC_WEEKS - input.buildWeeks;
  if (left <= 0) return null;
  const perMonth = roiAssumptions.weeksPerMonth.value;
  return figure(
    "wageLimit",
    `paid in ${CLASSIC_WEEKS} weeks up to a wage of`,
    "USD/h",
    ((left / perMonth) * gain) / buildHours(input),
    {
      formula: `(${CLASSIC_WEEKS} weeks − weeks to build) / weeks a month × net gain / (weeks to build × hours a week)`,
      filled: `${number(left)} / ${number(perMonth)} × ${number(gain)} / ${number(buildHours(input))}`,
      inputs: [
        {
          name: "weeks",
          value: CLASSIC_WEEKS,
          unit: "weeks",
          source: "what the classic example claims",
          checkedAt: null,
        },
        ...buildInputs(input).slice(0, 2),
        above("net gain", gain, "USD a month"),
        factInput("weeks a month", roiAssumptions.weeksPerMonth, "weeks"),
      ],
    },
  );
}

function withinClassic({ developerWage, buildWeeks }: RoiInput, weeks: number, limit: Figure | null): string {
  const shown = number(Number(weeks.toPrecision(3)));
  if (limit === null)
    return `paid after ${shown} weeks, not within ${CLASSIC_WEEKS}: building alone takes ${number(buildWeeks)}`;
  const yes = weeks <= CLASSIC_WEEKS;
  const wage = formatUsd(roundUsd(developerWage));
  return yes
    ? `"within ${CLASSIC_WEEKS} weeks" holds from the start of building: ${shown} at ${wage} an hour of the developer; above ${limit.shown} it does not`
    : `"within ${CLASSIC_WEEKS} weeks" of the start does not hold: ${shown} at ${wage} an hour of the developer; it would at ${limit.shown} or less`;
}

/** The honest one: everything that is spent in that time, with the building. */
function horizonFigures(input: RoiInput, savingsUsd: number): Figure[] {
  const { months, monthlyCost } = input;
  const spent = buildUsd(input) + months * monthlyCost;
  const saved = months * savingsUsd;
  const inputs = [
    asked(input, "months", months, "months", "--months"),
    above("savings", savingsUsd, "USD a month"),
    asked(input, "running cost", monthlyCost, "USD a month", "--monthly-cost"),
    above("cost of building", buildUsd(input), "USD"),
  ];
  return [
    figure("gainOverMonths", `net gain over ${months} months`, "USD", saved - spent, {
      formula: "months × savings − (cost of building + months × running cost)",
      filled: `${number(saved)} − ${number(spent)}`,
      inputs,
    }),
    figure("roiOverMonths", `ROI over ${months} months, with building`, "percent", (saved - spent) / spent, {
      formula: "net gain over the months / (cost of building + months × running cost)",
      filled: `${number(saved - spent)} / ${number(spent)}`,
      inputs,
    }),
  ];
}
