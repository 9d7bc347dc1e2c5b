import { describe, expect, test } from "vitest";
import { runBin } from "./run.ts";

const classic = ["roi", "--build-weeks", "2", "--monthly-cost", "500", "--monthly-savings", "20000"];

describe("edge-ai roi", () => {
  test("the classic example: both percentages and the payback, each with its formula", async () => {
    const { code, stdout, stderr } = await runBin(classic);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const text = stdout.replaceAll(/\s+/g, " ");
    expect(text).toContain("ROI as savings ÷ cost 4,000 % = savings / running cost = 20,000 / 500");
    expect(text).toContain("ROI as net gain ÷ cost 3,900 % = (savings − running cost) / running cost = 19,500 / 500");
    expect(text).toContain('"within 4 weeks" holds from the start of building: 3.33');
  });

  test("JSON: figures with formulas; --explain adds the inputs", async () => {
    const [plain, explained] = await Promise.all([
      runBin([...classic, "--json"]),
      runBin([...classic, "--json", "--explain"]),
    ]);
    const document: unknown = JSON.parse(plain.stdout);
    expect(document).toMatchObject({
      version: 1,
      input: { buildWeeks: 2, developerWage: 75, monthlySavings: 20_000 },
      figures: expect.arrayContaining([
        expect.objectContaining({ name: "roiNetGain", value: 3_900, unit: "%", shown: "3,900 %" }),
      ]),
      warnings: [],
    });
    expect(document).not.toHaveProperty("explained");
    expect(JSON.parse(explained.stdout)).toMatchObject({
      explained: expect.arrayContaining([expect.objectContaining({ what: "cost of building it", value: 6_000 })]),
    });
    const text = await runBin([...classic, "--explain"]);
    expect(text.stdout).toMatch(/developer's hour = 75 USD\/h: default of --developer-wage/);
  });

  test("contradicting inputs warn, and are still answered", async () => {
    const { code, stdout } = await runBin([
      ...classic,
      "--requests-per-hour",
      "1000",
      "--minutes-saved",
      "5",
      "--hourly-wage",
      "30",
      "--json",
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      warnings: [
        expect.stringContaining("$20,000 a month by --monthly-savings, $400,000"),
        expect.stringContaining("worth $1.50"),
      ],
    });
  });

  test("every flag is used", async () => {
    const time = [
      "--requests-per-hour",
      "10",
      "--minutes-saved",
      "6",
      "--hourly-wage",
      "40",
      "--hours-per-month",
      "100",
    ];
    const { stdout } = await runBin([
      "roi",
      "--build-weeks",
      "1",
      "--monthly-cost",
      "100",
      ...time,
      "--developer-wage",
      "50",
      "--months",
      "3",
      "--markdown",
    ]);
    // 10 × 100 × 6 / 60 × 40 = 4,000; (3 × 4,000 − 2,000 − 300) / 2,300 = 422 %.
    expect(stdout).toContain("| savings a month | $4,000.00 |");
    expect(stdout).toContain("| ROI over 3 months, with building | 421.7 % |");
  });

  test.each([
    [
      ["roi"],
      "roi needs --build-weeks, --monthly-cost, --monthly-savings (or --requests-per-hour, --minutes-saved, --hourly-wage)",
    ],
    [
      ["roi", "--build-weeks", "2", "--monthly-cost", "5", "--minutes-saved", "3", "--hourly-wage", "9"],
      "roi needs --monthly-savings (or --requests-per-hour)",
    ],
    [["roi", "--months", "0"], '--months cannot be "0"'],
  ])("%j: exit 2, with the flags by name", async (args, message) => {
    const { code, stdout, stderr } = await runBin([...args, "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, error: { message } });
    expect(stderr).toContain("hint:");
  });
});
