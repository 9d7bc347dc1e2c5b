import fs from "node:fs/promises";
import path from "node:path";
import { Command } from "commander";
import { expect, test } from "vitest";
import { withWorkload } from "../../../src/cli-options.ts";
import { inputOf, type WorkloadOptions } from "../../../src/commands/plan-input.ts";
import { planModel } from "../../../src/plan/plan.ts";
import { failedRules } from "../../../src/plan/rules.ts";
import type { MonthlyCost, Plan, PlanInput, Predicted } from "../../../src/plan/types.ts";

/**
 * plan-table.txt: what `edge-ai plan` says to models and budgets: class, mode and platform; what decided; the runner-up; and what the model
 * takes in a function. "size-class" decided when the model stayed on the table's row, "--mode" when it was sent off it, else
 * the rules that moved it, or after "no:" those that nothing got past. Numbers are right within 1 %: p95, of decoders the
 * first token too, bundle, memory. Where the model does not run in the function they say why; above 1B they do not matter. When the costs of src/data/engines.ts were fitted anew, run this with
 * UPDATE_TABLE=1 and read what changed.
 */
const FILE = path.join(import.meta.dirname, "plan-table.txt");
const table = await fs.readFile(FILE, "utf8");
const rows = table.split("\n").filter(isRow).map(cellsOf);

function isRow(line: string): boolean {
  return line.trim() !== "" && !line.startsWith("#");
}

function cellsOf(line: string): string[] {
  return line.split("|").map((cell) => cell.trim());
}

const MONTHLY_USD = { local: 40, hybrid: 700, external: 90 } as const;

function monthlyCost({ mode }: { mode: Plan["mode"] }): MonthlyCost {
  return { usd: MONTHLY_USD[mode], text: `$${MONTHLY_USD[mode]} a month`, source: "a price of the test" };
}

test.each(rows)("%s", (command = "", what, decided, runnerUp, inFunction = "") => {
  const [figures = "", ...words] = said(command).toReversed();
  expect(words.toReversed()).toEqual([what, decided, runnerUp]);
  expect(within(figures, inFunction)).toBe(inFunction);
});

test.runIf(process.env["UPDATE_TABLE"])("the table is written anew", async () => {
  const widths = [54, 24, 38, 8, 0];
  const line = (command: string): string =>
    [command, ...said(command)]
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join(" | ")
      .trimEnd();
  const lines = table.split("\n").map((row) => (isRow(row) ? line(cellsOf(row)[0] ?? "") : row));
  await fs.writeFile(FILE, lines.join("\n"));
  expect(lines.length).toBeGreaterThan(60);
});

/** The cells of a row: class, mode and platform; what decided; the runner-up; the numbers. */
function said(command: string): string[] {
  const input = parse(command);
  const plan = planModel(input, { monthlyCost });
  const { model, mode, platform, runnerUp } = plan;
  const figures = model.class === "small" ? figuresOf(predictedLocally(plan)) : "";
  return [`${model.class} ${mode} ${platform}`, decidedBy(plan, input), runnerUp ?? "-", figures];
}

function parse(command: string): PlanInput {
  const parser = withWorkload(new Command("plan").argument("[model]")).exitOverride();
  parser.parse(command.split(" "), { from: "user" });
  return inputOf({ name: parser.args[0], ...parser.opts<WorkloadOptions>() });
}

function decidedBy({ fits, mode, reasons }: Plan, input: PlanInput): string {
  if (!fits) return `no: ${failedRules(reasons.filter((reason) => reason.mode === mode)).join(", ")}`;
  if (input.mode !== undefined) return "--mode";
  const movers = reasons.filter(({ movedTo }) => movedTo !== undefined).map(({ rule }) => rule);
  return movers.length === 0 ? "size-class" : [...new Set(movers)].join(", ");
}

function predictedLocally({ mode, predicted, alternatives }: Plan): Predicted {
  return mode === "local" ? predicted : (alternatives.find((other) => other.mode === "local")?.predicted ?? predicted);
}

/** "971 ms first, 3554 ms, 124.7 MB, 317.5 MB" */
function figuresOf({ p95Ms, firstTokenMs, bundleBytes, memoryBytes }: Predicted): string {
  return [
    firstTokenMs === null ? "" : `${short(firstTokenMs)} ms first, `,
    p95Ms === null ? "" : `${short(p95Ms)} ms, `,
    `${short((bundleBytes ?? 0) / 1e6)} MB, ${short((memoryBytes ?? 0) / 1e6)} MB`,
  ].join("");
}

function short(value: number): number {
  return Number(value.toPrecision(4));
}

/** The expected text when every number of the actual one is within 1 % of it; else the actual text. */
function within(actual: string, expected: string): string {
  const [numbers, wanted] = [numbersOf(actual), numbersOf(expected)];
  const sameWords = actual.replaceAll(/[\d.]+/g, "") === expected.replaceAll(/[\d.]+/g, "");
  const isNear = numbers.every((number, at) => Math.abs(number / (wanted[at] ?? 0) - 1) <= 0.01);
  return sameWords && isNear ? expected : actual;
}

function numbersOf(text: string): number[] {
  return (text.match(/[\d.]+/g) ?? []).map(Number);
}

test("the table has at least 60 rows, and every rule decides one", () => {
  expect(rows.length).toBeGreaterThanOrEqual(60);
  const deciding = new Set(rows.flatMap(([, , decided = ""]) => decided.replace("no: ", "").split(", ")));
  const rules = ["size-class", "task", "third-party", "native-code", "bundle-bytes", "memory-bytes", "latency-p95"];
  const more = ["first-token", "tokens-per-second", "max-duration", "cold-start", "instances", "monthly-cost"];
  expect([...rules, ...more].filter((rule) => !deciding.has(rule))).toEqual([]);
});
