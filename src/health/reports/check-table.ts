import { asCode, table } from "../../markdown.ts";
import type { Check } from "../document.ts";
import { figure, figureRange } from "../figures.ts";

/** The checks as a Markdown table, after an empty line; nothing without checks. */
export function checkTable(checks: readonly Check[]): string[] {
  return table(["check", "limit", "actual", "95 %", "n", "verdict"], checks.map(checkRow));
}

function checkRow({ name, probe, limit, actual, interval, unit, n, verdict, level }: Check): string[] {
  return [
    probe === null ? name : `${name} of ${asCode(probe)}`,
    figure(limit, unit),
    figure(actual, unit),
    figureRange(interval, unit),
    String(n),
    level === "warn" && verdict !== "pass" ? `${verdict} (warning)` : verdict,
  ];
}
