import { platforms } from "../data/platforms.ts";
import { table } from "../markdown.ts";
import { footnotesOf } from "./footnotes.ts";
import { recommendationLines, templateCells } from "./render.ts";
import type { Comparison } from "./types.ts";

/** The comparison as Markdown, for a README. Its words are ours and those of the catalogue. No trailing newline. */
export function comparisonMarkdown(comparison: Comparison): string {
  const { platforms: published, thisApp, templates, warnings } = comparison;
  const notes = footnotesOf([...published, ...thisApp]);
  const head = ["", platforms.vercel.title, platforms.cloudflare.title];
  const rows = [...published, ...thisApp].map(({ title, cells }) => [
    title,
    notes.mark(cells.vercel),
    notes.mark(cells.cloudflare),
  ]);
  return [
    `**${recommendationLines(comparison).join(" ")}**`,
    ...table(
      head,
      rows.map((cells) => cells.map(plain)),
    ),
    ...table(["template", ...head.slice(1)], templates.map(templateCells)),
    "",
    ...notes.list.map((name, i) => `${i + 1}. ${plain(name)}`),
    ...(warnings.length === 0 ? [] : ["", ...warnings.map((warning) => `- ${plain(warning)}`)]),
  ].join("\n");
}

/** A host or a file name is text of somebody else: it cannot end a cell or become a tag. */
function plain(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}
