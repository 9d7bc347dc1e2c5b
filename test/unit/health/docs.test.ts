import fs from "node:fs";
import { expect, test } from "vitest";
import { causes } from "../../../src/health/requests/causes.ts";
import { requestsNeeded } from "../../../src/health/statistics/sequential.ts";

const cells = fs
  .readFileSync("docs/health-check.md", "utf8")
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .map((line) => line.split("|").map((cell) => cell.trim()));

test("docs/health-check.md has every cause, in the words of the program", () => {
  const documented = cells
    .filter(([, code = ""]) => /^`[a-z][\w-]+`$/.test(code))
    .map(([, code = "", sentence, remedy]) => [code.slice(1, -1), { sentence, remedy }]);
  expect(Object.fromEntries(documented)).toEqual(causes);
});

test.each([
  ["p50 < X", 0.5],
  ["p95 < X", 0.05],
  ["errors < 2 %", 0.02],
  ["p99 < X, errors < 1 %", 0.01],
  ["errors < 0.1 %", 0.001],
])("docs/health-check.md: how many requests prove %s", (claim, share) => {
  const row = cells.find(([, first]) => first === claim) ?? [];
  const numbers = row.slice(2, 5).map((cell) => Number(cell.replaceAll(",", "")));
  expect(numbers).toEqual([0, 1, 3].map((bad) => requestsNeeded(bad, share)));
});
