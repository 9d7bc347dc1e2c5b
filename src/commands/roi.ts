import { roiOf } from "../cost/roi/roi.ts";
import { renderRoi, roiMarkdown } from "../cost/roi/render-roi.ts";
import type { Figure, RoiInput } from "../cost/roi/types.ts";
import { roiAssumptions } from "../data/prices/assumptions.ts";
import { CliError } from "../errors.ts";
import { renderExplained, type Explained } from "../explain.ts";
import { answer, type Io } from "../io.ts";

export interface RoiOptions {
  buildWeeks?: number | undefined;
  developerWage?: number | undefined;
  monthlyCost?: number | undefined;
  monthlySavings?: number | undefined;
  requestsPerHour?: number | undefined;
  minutesSaved?: number | undefined;
  hourlyWage?: number | undefined;
  hoursPerMonth?: number | undefined;
  months?: number | undefined;
  explain?: boolean | undefined;
  json?: boolean | undefined;
  markdown?: boolean | undefined;
}

const DEFAULT_MONTHS = 12;

/** Says what an app earns. @returns 0 */
export async function roiCommand(io: Io, options: RoiOptions): Promise<number> {
  const input = inputOf(options);
  const roi = roiOf(input);
  const explained = options.explain === true ? roi.figures.map(explainedOf) : null;
  if (options.json === true) {
    const { defaults: _, ...asked } = input;
    const figures = roi.figures.map(({ inputs: __, ...figure }) => figure);
    const { findings, warnings } = roi;
    answer(io, { version: 1, input: asked, figures, findings, warnings, ...(explained !== null && { explained }) });
    return Promise.resolve(0);
  }
  const text = options.markdown === true ? roiMarkdown(roi) : renderRoi(roi);
  answer(io, explained === null ? text : `${text}\n\n${renderExplained(explained)}`);
  return Promise.resolve(0);
}

function explainedOf({ what, value, unit, formula, inputs }: Figure): Explained {
  return { what, value, unit, formula, inputs };
}

function inputOf(options: RoiOptions): RoiInput {
  const { buildWeeks, monthlyCost } = options;
  if (buildWeeks === undefined || monthlyCost === undefined || !saysSavings(options)) throw missing(options);
  return {
    buildWeeks,
    monthlyCost,
    developerWage: options.developerWage ?? roiAssumptions.developerWageUsd.value,
    monthlySavings: options.monthlySavings ?? null,
    requestsPerHour: options.requestsPerHour ?? null,
    minutesSaved: options.minutesSaved ?? null,
    hourlyWage: options.hourlyWage ?? null,
    hoursPerMonth: options.hoursPerMonth ?? roiAssumptions.hoursPerMonth.value,
    months: options.months ?? DEFAULT_MONTHS,
    defaults: [
      ...(options.developerWage === undefined ? ["--developer-wage"] : []),
      ...(options.hoursPerMonth === undefined ? ["--hours-per-month"] : []),
      ...(options.months === undefined ? ["--months"] : []),
    ],
  };
}

function saysSavings({ monthlySavings, requestsPerHour, minutesSaved, hourlyWage }: RoiOptions): boolean {
  return monthlySavings !== undefined || [requestsPerHour, minutesSaved, hourlyWage].every((one) => one !== undefined);
}

function missing(options: RoiOptions): CliError {
  const { buildWeeks, monthlyCost, requestsPerHour, minutesSaved, hourlyWage } = options;
  const byTime = {
    "--requests-per-hour": requestsPerHour,
    "--minutes-saved": minutesSaved,
    "--hourly-wage": hourlyWage,
  };
  const unsaid = Object.entries(byTime).flatMap(([flag, value]) => (value === undefined ? [flag] : []));
  const needed = [
    ...(buildWeeks === undefined ? ["--build-weeks"] : []),
    ...(monthlyCost === undefined ? ["--monthly-cost"] : []),
    ...(saysSavings(options) ? [] : [`--monthly-savings (or ${unsaid.join(", ")})`]),
  ];
  return new CliError("NEEDS_INPUT", `roi needs ${needed.join(", ")}`, {
    hint: "for example: edge-ai roi --build-weeks 2 --monthly-cost 500 --monthly-savings 20000",
  });
}
