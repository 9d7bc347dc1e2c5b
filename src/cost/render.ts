import { budgetText, type CostDocument, type CostMonth, type CostOption } from "./document.ts";
import { formatCount, formatUsd } from "./money.ts";
import { items, type Item } from "./types.ts";
import { wrap } from "./wrap.ts";

/** A cost as text of at most 100 columns. No colour, no trailing newline. */
export function renderCost(document: CostDocument): string {
  const tables = document.options.map((option) => [
    titleOf(option),
    ...blockOf(option, document.requestsPerMonth),
    ...notesOf(option).map((note) => `  ${note}`),
  ]);
  return [
    headOf(document),
    ...tables.map((lines) => lines.flatMap((line) => wrap(line, 4)).join("\n")),
    ...section(
      "Break-even",
      document.breakEvens.map(({ text }) => `- ${text}`),
    ),
    ...(document.budget === null
      ? []
      : [wrap(mark(document.budget.passed) + budgetText(document.budget), 2).join("\n")]),
    ...section(
      "Warnings",
      document.warnings.map((warning) => `! ${warning}`),
    ),
  ].join("\n\n");
}

const LABEL = 22;
const CELL = 18;

/** What is priced. */
export function headOf({ mode, platform, task, model, regions, workload }: CostDocument): string {
  const { tokensIn, tokensOut, concurrency } = workload;
  const subject = `${mode} on ${platform}: ${task}${model.id === null ? "" : ` with ${model.id}`}`;
  const tokens = `${formatCount(tokensIn)} tokens in, ${formatCount(tokensOut)} out`;
  return `${subject}\n${tokens}, ${formatCount(concurrency)} at once in an instance, ${regions.join(", ")}; USD a month, list prices`;
}

/** "local on vercel (planned)". */
export function titleOf({ mode, platform, planned, failed, reason }: CostOption): string {
  const name = `${mode} on ${platform}${planned ? " (planned)" : ""}`;
  if (reason !== null) return `${name}: ${reason}`;
  return failed.length === 0 ? name : `${name}, ruled out by ${failed.join(", ")}`;
}

/** One row for each line that is not nothing, the month, and a request; the first cell is its name. */
export function rowsOf({ months }: CostOption): string[][] {
  if (months === null) return [];
  const amount = (item: Item): string[] =>
    months.map(({ lines }) =>
      formatUsd(lines.filter((line) => line.item === item).reduce((sum, { usd }) => sum + usd, 0)),
    );
  const used = items.filter((item) =>
    months.some(({ lines }) => lines.some((line) => line.item === item && line.usd !== 0)),
  );
  return [
    ...used.map((item) => [item, ...amount(item)]),
    ["month", ...months.map(({ usd }) => formatUsd(usd))],
    ["a request", ...months.map(({ perRequestUsd }) => formatUsd(perRequestUsd))],
  ];
}

function blockOf(option: CostOption, sizes: readonly number[]): string[] {
  const rows = rowsOf(option);
  if (rows.length === 0) return [];
  const head = ["requests a month", ...sizes.map(formatCount)];
  return [head, ...rows].map(
    ([label = "", ...cells]) => `  ${label.padEnd(LABEL)}${cells.map((cell) => cell.padStart(CELL)).join("")}`,
  );
}

/** Who runs the model at which size, what else there is, and what would cost nothing. */
export function notesOf({ months, others }: CostOption): string[] {
  if (months === null) return [];
  return [
    ...bySize(months, ({ supply }) => (supply === null ? null : `the model at ${supply}`)),
    ...others.map(({ name, usd }) => `instead at ${name}: ${formatUsd(usd)} at the middle size, for the model alone`),
    ...bySize(months, ({ free }) => free.text),
  ];
}

/** What is true of every size is said once; else with the sizes it is true of. */
function bySize(months: readonly CostMonth[], textOf: (month: CostMonth) => string | null): string[] {
  const texts = [...new Set(months.map(textOf).filter((text) => text !== null))];
  const sizesOf = (text: string): string =>
    months
      .filter((month) => textOf(month) === text)
      .map(({ requests }) => formatCount(requests))
      .join(" and ");
  return texts.map((text) => (texts.length === 1 ? text : `at ${sizesOf(text)}: ${text}`));
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [[title, ...lines.flatMap((line) => wrap(`  ${line}`, 4))].join("\n")];
}

function mark(passed: boolean | null): string {
  return `${{ true: "✓", false: "✗", null: "?" }[`${passed}`]} `;
}
