import { asCode, table } from "../../markdown.ts";
import { wrap } from "../wrap.ts";
import type { Roi } from "./types.ts";

/** An ROI as text of at most 100 columns: each number with its formula, in words and in numbers. No trailing newline. */
export function renderRoi({ figures, findings, warnings }: Roi): string {
  const what = Math.max(...figures.map((figure) => figure.what.length)) + 2;
  const shown = Math.max(...figures.map((figure) => figure.shown.length));
  const rows = figures.flatMap((figure) =>
    wrap(
      `  ${figure.what.padEnd(what)}${figure.shown.padStart(shown)}  = ${figure.formula} = ${figure.filled}`,
      what + shown + 4,
    ),
  );
  return [["What it earns", ...rows].join("\n"), ...section(findings, "-"), ...section(warnings, "!")].join("\n\n");
}

function section(lines: readonly string[], sign: string): string[] {
  return lines.length === 0 ? [] : [lines.flatMap((line) => wrap(`${sign} ${line}`, 2)).join("\n")];
}

/** An ROI as Markdown. No trailing newline. */
export function roiMarkdown({ figures, findings, warnings }: Roi): string {
  const rows = figures.map(({ what, shown, formula, filled }) => [what, shown, asCode(`${formula} = ${filled}`)]);
  const list = [...findings, ...warnings.map((warning) => `Warning: ${warning}`)].map((line) => `- ${line}`);
  return ["## What it earns", ...table(["", "", "formula"], rows), "", ...list].join("\n");
}
