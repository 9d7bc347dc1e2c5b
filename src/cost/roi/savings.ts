import { roiAssumptions } from "../../data/prices/assumptions.ts";
import type { ExplainedInput } from "../../explain.ts";
import { formatUsd, roundUsd } from "../money.ts";
import { figure, number } from "./figure.ts";
import type { Figure, RoiInput } from "./types.ts";

/** A flag as an input of a formula. */
export function asked({ defaults }: RoiInput, name: string, value: number, unit: string, flag: string): ExplainedInput {
  return { name, value, unit, source: defaults.includes(flag) ? `default of ${flag}` : flag, checkedAt: null };
}

/** What is saved, in USD a month: as said, or by the time saved. Not rounded. */
export interface Savings {
  usd: number;
  /** Hours saved a month; null when nobody said how many requests save how much. */
  hours: number | null;
  /** The time saved at the wage; null without a wage. */
  byTimeUsd: number | null;
}

export function savingsOf(input: RoiInput): Savings {
  const { requestsPerHour, minutesSaved, hourlyWage, hoursPerMonth, monthlySavings } = input;
  const known = requestsPerHour !== null && minutesSaved !== null;
  const hours = known ? (requestsPerHour * hoursPerMonth * minutesSaved) / 60 : null;
  const byTimeUsd = hours === null || hourlyWage === null ? null : hours * hourlyWage;
  const usd = monthlySavings ?? byTimeUsd;
  if (usd === null) throw new Error("neither savings nor time saved");
  return { usd, hours, byTimeUsd };
}

/** The savings as figures. */
export function savingsFigures(input: RoiInput, savings: Savings): Figure[] {
  return [...timeFigures(input, savings), savingsFigure(input, savings)];
}

function timeFigures(input: RoiInput, { hours, byTimeUsd }: Savings): Figure[] {
  const { requestsPerHour, minutesSaved, hourlyWage, hoursPerMonth } = input;
  if (hours === null || requestsPerHour === null || minutesSaved === null) return [];
  const hoursSaved = figure("hours saved", "hours saved a month", "hours", hours, {
    formula: "requests an hour × hours a month × minutes saved / 60",
    filled: `${number(requestsPerHour)} × ${number(hoursPerMonth)} × ${number(minutesSaved)} / 60`,
    inputs: [
      asked(input, "requests an hour", requestsPerHour, "", "--requests-per-hour"),
      asked(input, "hours a month", hoursPerMonth, "h", "--hours-per-month"),
      asked(input, "minutes saved", minutesSaved, "min", "--minutes-saved"),
    ],
  });
  if (byTimeUsd === null || hourlyWage === null) return [hoursSaved];
  return [
    hoursSaved,
    figure("savings by time", "value of that time", "USD", byTimeUsd, {
      formula: "hours saved a month × hourly wage",
      filled: `${number(hours)} × ${number(hourlyWage)}`,
      inputs: [
        { name: "hours saved a month", value: hours, unit: "h", source: "above", checkedAt: null },
        asked(input, "hourly wage", hourlyWage, "USD/h", "--hourly-wage"),
      ],
    }),
  ];
}

function savingsFigure(input: RoiInput, { usd }: Savings): Figure {
  const said = input.monthlySavings !== null;
  return figure("savings", "savings a month", "USD", usd, {
    formula: said ? "as said" : "value of the time saved",
    filled: said ? "--monthly-savings" : number(usd),
    inputs: [
      said
        ? asked(input, "savings", usd, "USD", "--monthly-savings")
        : { name: "value of the time saved", value: usd, unit: "USD", source: "above", checkedAt: null },
    ],
  });
}

/** What the savings are worth in hours of people, whichever of them was said. */
export function impliedFigures(input: RoiInput, { usd, hours }: Savings): Figure[] {
  const { hoursPerMonth, hourlyWage } = input;
  const savings = { name: "savings a month", value: usd, unit: "USD", source: "above", checkedAt: null };
  const month = asked(input, "hours a month", hoursPerMonth, "h", "--hours-per-month");
  const perHour = figure("savingsPerWorkingHour", "saved in each working hour", "USD/h", usd / hoursPerMonth, {
    formula: "savings a month / hours a month",
    filled: `${number(usd)} / ${number(hoursPerMonth)}`,
    inputs: [savings, month],
  });
  if (hours === null) return [perHour, ...(hourlyWage === null ? [] : [peopleFigure(input, usd / hourlyWage, month)])];
  const saved = { name: "hours saved a month", value: hours, unit: "h", source: "above", checkedAt: null };
  return [
    perHour,
    figure("impliedWage", "implied value of an hour saved", "USD/h", usd / hours, {
      formula: "savings a month / hours saved a month",
      filled: `${number(usd)} / ${number(hours)}`,
      inputs: [savings, saved],
    }),
    peopleFigure(input, hours, month),
  ];
}

function peopleFigure(input: RoiInput, hours: number, month: ExplainedInput): Figure {
  const said = input.requestsPerHour !== null && input.minutesSaved !== null;
  const source = said ? "above" : "savings a month / --hourly-wage";
  return figure("people", "that is people, full time", "people", hours / input.hoursPerMonth, {
    formula: "hours saved a month / hours a month",
    filled: `${number(hours)} / ${number(input.hoursPerMonth)}`,
    inputs: [{ name: "hours saved a month", value: hours, unit: "h", source, checkedAt: null }, month],
  });
}

/** Savings that were said twice, and are not the same. */
const TOLERATED = 0.1;

/** Where the inputs contradict each other or common sense. */
export function contradictions(input: RoiInput, { usd, hours, byTimeUsd }: Savings): string[] {
  const { highestHourlyUsd, lowestHourlyUsd, mostPeople } = roiAssumptions;
  const wage = hours === null ? null : usd / hours;
  const people = hours === null ? null : hours / input.hoursPerMonth;
  const differs = byTimeUsd !== null && Math.abs(usd - byTimeUsd) > TOLERATED * Math.max(usd, byTimeUsd);
  return [
    ...(differs && byTimeUsd !== null
      ? [
          `savings were said twice: $${number(usd)} a month by --monthly-savings, $${number(byTimeUsd)} by the time saved; the first is used`,
        ]
      : []),
    ...(wage !== null && (wage > highestHourlyUsd.value || wage < lowestHourlyUsd.value)
      ? [
          `an hour saved would be worth ${formatUsd(roundUsd(wage))}: the savings, the requests or the minutes cannot all be right`,
        ]
      : []),
    ...(people !== null && people > mostPeople.value
      ? [
          `the time saved is more hours than ${number(mostPeople.value)} people have: ${number(Math.round(people))} people would do nothing else`,
        ]
      : []),
  ];
}
