import { platforms } from "../data/platforms.ts";
import { renderExplained } from "../explain.ts";
import { formatParams } from "../plan/format.ts";
import { footnotesOf } from "./footnotes.ts";
import { gridLines, wrap } from "./grid.ts";
import type { Comparison, TemplateRow } from "./types.ts";

/** 100 characters with the spaces between. */
const WIDTHS = [22, 37, 37] as const;
const WIDTH = 100;

/** The comparison as text, at most 100 characters wide: the recommendation first. No colour, no trailing newline. */
export function renderComparison(comparison: Comparison): string {
  const { platforms: published, thisApp, templates, warnings, explained } = comparison;
  const notes = footnotesOf([...published, ...thisApp]);
  const rowsOf = (rows: Comparison["platforms"]): string[][] =>
    rows.map(({ title, cells }) => [title, notes.mark(cells.vercel), notes.mark(cells.cloudflare)]);
  const table = [
    ["", platforms.vercel.title, platforms.cloudflare.title],
    ...rowsOf(published),
    ["", "", ""],
    ...rowsOf(thisApp),
  ];
  return [
    recommendationLines(comparison).join("\n"),
    gridLines(table, WIDTHS).join("\n"),
    [
      "Templates that run there",
      ...gridLines(templates.map(templateCells), WIDTHS).map((line) => `  ${line}`.slice(0, WIDTH)),
    ].join("\n"),
    ["Sources", ...notes.list.flatMap((name, i) => hanging(`[${i + 1}] ${name}`))].join("\n"),
    warnings.length === 0 ? "" : ["Warnings", ...warnings.flatMap((warning) => hanging(`! ${warning}`))].join("\n"),
    explained === undefined ? "" : renderExplained(explained),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** What to take, for which app, and the rule that says so. */
export function recommendationLines({ app, recommendation }: Comparison): string[] {
  const { platform, mode, fits, reason, rule } = recommendation;
  const model = app.model ?? `a model of ${formatParams(app.params)} parameters`;
  const verdict = fits ? `${platforms[platform].title}, in ${mode} mode` : "neither: nothing fits what was asked";
  return wrap(`${verdict} — ${app.task} with ${model}: ${reason} (rule: ${rule})`, WIDTH);
}

/** A template, and on each platform yes, or the rules that say no. */
export function templateCells({ task, mode, failed }: TemplateRow): string[] {
  return [`${task}, ${mode}`, verdictOf(failed.vercel), verdictOf(failed.cloudflare)];
}

function verdictOf(rules: readonly string[]): string {
  return rules.length === 0 ? "yes" : `no: ${rules.join(", ")}`;
}

function hanging(text: string): string[] {
  return wrap(text, WIDTH - 4).map((line, i) => (i === 0 ? `  ${line}` : `    ${line}`));
}
