import { asCode, table } from "../markdown.ts";
import { budgetText, type CostDocument } from "./document.ts";
import { formatCount } from "./money.ts";
import { headOf, notesOf, rowsOf, titleOf } from "./render.ts";

/** A cost as Markdown, for a README or a pull request. No trailing newline. */
export function costMarkdown(document: CostDocument): string {
  const head = ["requests a month", ...document.requestsPerMonth.map(formatCount)];
  const options = document.options.flatMap((option) => [
    "",
    `### ${escaped(titleOf(option))}`,
    ...table(head, rowsOf(option)),
    ...bullets(notesOf(option)),
  ]);
  return [
    `## What it costs`,
    "",
    ...headOf(document).split("\n").map(escaped),
    ...options,
    ...titled(
      "Break-even",
      document.breakEvens.map(({ text }) => text),
    ),
    ...titled("Budget", document.budget === null ? [] : [budgetText(document.budget)]),
    ...titled("Warnings", document.warnings),
  ].join("\n");
}

function titled(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", `### ${title}`, ...bullets(lines)];
}

function bullets(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", ...lines.map((line) => `- ${escaped(line)}`)];
}

/** Names of models come from outside: none of them may become markup. */
function escaped(text: string): string {
  return /^[\w\s.,:;()$×/+-]*$/.test(text) && !/https?:|_|^[-+]|\d\. /.test(text) ? text : asCode(text);
}
