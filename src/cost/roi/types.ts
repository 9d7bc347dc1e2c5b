import type { Explained } from "../../explain.ts";

/** What `edge-ai roi` is asked. Money is USD. */
export interface RoiInput {
  buildWeeks: number;
  developerWage: number;
  monthlyCost: number;
  monthlySavings: number | null;
  requestsPerHour: number | null;
  minutesSaved: number | null;
  hourlyWage: number | null;
  hoursPerMonth: number;
  /** How far to look ahead, from launch. */
  months: number;
  /** Names of the flags that were not given: their values are defaults. */
  defaults: readonly string[];
}

export type FigureName =
  | "hours saved"
  | "savings by time"
  | "savings"
  | "running cost"
  | "net gain"
  | "roiSavings"
  | "roiNetGain"
  | "build cost"
  | "paybackLaunch"
  | "paybackStart"
  | "wageLimit"
  | "gainOverMonths"
  | "roiOverMonths"
  | "savingsPerWorkingHour"
  | "impliedWage"
  | "people";

/** A printed number with its formula, in words and with the numbers in. */
export interface Figure extends Explained {
  name: FigureName;
  /** The number as it is printed; "never" where there is none. */
  shown: string;
  /** The formula with the numbers in. */
  filled: string;
}

/** What an app earns. `value` of a figure is rounded as it is printed. */
export interface Roi {
  figures: Figure[];
  /** Sentences about the inputs: what they imply, and where they contradict each other. */
  findings: string[];
  warnings: string[];
}
