import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { roiOf } from "../../../src/cost/roi/roi.ts";
import { renderRoi, roiMarkdown } from "../../../src/cost/roi/render-roi.ts";
import type { Roi, RoiInput } from "../../../src/cost/roi/types.ts";

/** Two weeks of one developer, $500 a month, $20,000 saved a month. */
const classic: RoiInput = {
  buildWeeks: 2,
  developerWage: 75,
  monthlyCost: 500,
  monthlySavings: 20_000,
  requestsPerHour: null,
  minutesSaved: null,
  hourlyWage: null,
  hoursPerMonth: 160,
  months: 12,
  defaults: ["--developer-wage", "--hours-per-month", "--months"],
};

function values({ figures }: Roi): Record<string, number> {
  return Object.fromEntries(figures.map(({ name, value }) => [name, value]));
}

describe("the classic example", () => {
  const roi = roiOf(classic);

  test("4,000 % is savings ÷ cost, 3,900 % is net gain ÷ cost", () => {
    expect(values(roi)).toMatchObject({ "net gain": 19_500, roiSavings: 4_000, roiNetGain: 3_900 });
    expect(roi.findings[0]).toContain("4,000 % is savings ÷ cost, 3,900 % is net gain ÷ cost");
  });

  test("payback: 6,000 / 19,500 of a month of 4.33 weeks is 1.33 weeks from launch, 3.33 from the start", () => {
    expect(values(roi)).toMatchObject({ "build cost": 6_000, paybackLaunch: 1.33, paybackStart: 3.33 });
  });

  test("within 4 weeks holds up to 2 / 4.3333 × 19,500 / 80 = $112.50 an hour of the developer", () => {
    expect(values(roi)).toMatchObject({ wageLimit: 112.5 });
    expect(roi.findings[1]).toMatch(/^"within 4 weeks" holds .*3\.33 at \$75\.00 .*above \$112\.50\/h it does not$/);
    expect(roiOf({ ...classic, developerWage: 112.5 }).findings[1]).toContain("holds from the start");
    expect(roiOf({ ...classic, developerWage: 113 }).findings[1]).toContain("does not hold: 4.01 at $113.00");
  });

  test("with the building in it, a year gives (240,000 − 12,000) / 12,000 = 1,900 %", () => {
    expect(values(roi)).toMatchObject({ gainOverMonths: 228_000, roiOverMonths: 1_900 });
  });

  test("it implies $125 in each of 160 hours, and nothing to warn of", () => {
    expect(values(roi)).toMatchObject({ savingsPerWorkingHour: 125 });
    expect(roi.warnings).toEqual([]);
  });

  test("text: every figure with its formula, at most 100 columns; a default is named in --explain", () => {
    const text = renderRoi(roi);
    expect(text).toContain("(savings − running cost) / running cost = 19,500");
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
    for (const { shown } of roi.figures) expect(text).toContain(shown);
    expect(roiMarkdown(roi)).toContain("| ROI as net gain ÷ cost | 3,900 % | <code>");
    const build = roi.figures.find(({ name }) => name === "build cost");
    expect(build?.inputs.at(-1)).toMatchObject({ value: 75, source: "default of --developer-wage" });
  });
});

describe("savings by time", () => {
  const byTime = { ...classic, monthlySavings: null, requestsPerHour: 50, minutesSaved: 5, hourlyWage: 30 };

  test("50 × 160 h × 5 min / 60 × $30 = $20,000", () => {
    const roi = roiOf(byTime);
    expect(values(roi)).toMatchObject({ "hours saved": 666.667, savings: 20_000, impliedWage: 30, people: 4.17 });
    expect(roi.warnings).toEqual([]);
  });

  test("said twice: 10 % more is fine, more warns with both numbers", () => {
    expect(roiOf({ ...byTime, monthlySavings: 22_000 }).warnings).toEqual([]);
    const [warning] = roiOf({ ...byTime, monthlySavings: 23_000 }).warnings;
    expect(warning).toContain("$23,000 a month by --monthly-savings, $20,000 by the time saved");
    expect(values(roiOf({ ...byTime, monthlySavings: 23_000 }))).toMatchObject({ savings: 23_000 });
  });

  test.each([
    [
      "an hour that is worth too much",
      { monthlySavings: 20_000, requestsPerHour: 1, minutesSaved: 5 },
      "worth $1,500.00",
    ],
    ["or too little", { monthlySavings: 20_000, requestsPerHour: 1_000, minutesSaved: 5 }, "worth $1.50"],
    ["more hours than people have", { requestsPerHour: 10_000, minutesSaved: 5 }, "833 people would do nothing else"],
  ])("%s", (_, given, text) => {
    const { warnings } = roiOf({
      ...byTime,
      hourlyWage: null,
      ...given,
      ...(text.includes("people") && { hourlyWage: 30 }),
    });
    expect(warnings).toEqual([expect.stringContaining(text)]);
  });

  test("a wage without requests says how many people that is", () => {
    // 20,000 / 25 = 800 h = 5 people.
    expect(values(roiOf({ ...classic, hourlyWage: 25 }))).toMatchObject({ people: 5 });
  });
});

test("what costs more than it saves never pays for itself", () => {
  const roi = roiOf({ ...classic, monthlySavings: 400 });
  expect(values(roi)).toMatchObject({ "net gain": -100, roiNetGain: -20 });
  expect(values(roi)).not.toHaveProperty("paybackLaunch");
  expect(roi.findings.at(-1)).toContain("never pays for itself");
});

test("building longer than 4 weeks says so", () => {
  expect(roiOf({ ...classic, buildWeeks: 5 }).findings[1]).toContain("building alone takes 5");
});

test("no figure is NaN, net ROI is savings ROI − 100 %, and dearer building pays back later", () => {
  const amount = fc.double({ min: 1, max: 1e6, noNaN: true });
  const input = fc.record({
    buildWeeks: fc.double({ min: 0.1, max: 100, noNaN: true }),
    developerWage: amount,
    monthlyCost: amount,
    monthlySavings: amount,
  });
  fc.assert(
    fc.property(input, (given) => {
      const roi = roiOf({ ...classic, ...given });
      for (const { value } of roi.figures) expect(Number.isFinite(value)).toBe(true);
      const all = values(roi);
      const ratio = all["roiSavings"] ?? Number.NaN;
      expect(Math.abs(ratio - (all["roiNetGain"] ?? Number.NaN) - 100)).toBeLessThanOrEqual(
        Math.max(0.1, ratio * 1e-3),
      );
      const dearer = values(roiOf({ ...classic, ...given, developerWage: given.developerWage * 2 }));
      expect(dearer["paybackLaunch"] ?? 0).toBeGreaterThanOrEqual(all["paybackLaunch"] ?? 0);
      expect(dearer["roiOverMonths"]).toBeLessThanOrEqual(all["roiOverMonths"] ?? Number.NaN);
    }),
    { numRuns: 200 },
  );
});
