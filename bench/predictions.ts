// How wrong the planner is: models of known shapes really run, costs fitted to half of them, predictions tested on the other half.
// node bench/predictions.ts [--rounds 2] [--from measured.json] [--save measured.json]
// Prints Markdown. Exit 1 when, on the half that nothing was fitted to, the median error is over 20 %, the worst over 50 %, a range is
// wider than 2.5×, or fewer than 9 of 10 hold what was measured.
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { engines } from "../src/data/engines.ts";
import { median, withTempDir } from "./measure.ts";
import { buildBundles, type Built } from "./predictions/bundles.ts";
import { fittedEngines } from "./predictions/facts.ts";
import type { Measurements } from "./predictions/measurements.ts";
import { errorOf, isInside, rowsOf, type Row } from "./predictions/rows.ts";
import { measureShapes, type MeasuredShape } from "./predictions/run.ts";
import { fitAll } from "./predictions/samples.ts";
import { isForFit } from "./predictions/split.ts";

const LIMITS = { median: 0.2, worst: 0.5, width: 2.5, inside: 0.9 };

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "2" }, from: { type: "string" }, save: { type: "string" } },
});

const startedMs = performance.now();
const measurements = values.from === undefined ? await measure(Number(values.rounds)) : await read(values.from);
if (values.save !== undefined) await fs.writeFile(values.save, `${JSON.stringify(measurements, null, 1)}\n`);
report(measurements);
console.log(`\n${((performance.now() - startedMs) / 60_000).toFixed(1)} min`);

async function measure(rounds: number): Promise<Measurements> {
  const found: { shapes: MeasuredShape[]; builds: Built[] } = { shapes: [], builds: [] };
  await withTempDir(async (dir) => {
    found.builds = await buildBundles();
    found.shapes = await measureShapes(path.resolve(dir), rounds);
  });
  const [cpu] = os.cpus();
  const machine = `one of ${os.cpus().length} cores of an ${cpu?.model.trim()}, Node ${process.versions.node}`;
  return { machine, measuredAt: new Date().toISOString(), rounds, ...found };
}

/** What an earlier run kept with --save. */
async function read(file: string): Promise<Measurements> {
  return JSON.parse(await fs.readFile(file, "utf8"));
}

function report({ machine, measuredAt, rounds, shapes, builds }: Measurements): void {
  console.log(`Measured ${measuredAt.slice(0, 16)}Z on ${machine}; best of ${rounds} processes for each shape.\n`);
  const forFit = shapes.filter((shape) => isForFit(shape, shapes));
  const forTest = shapes.filter((shape) => !isForFit(shape, shapes));
  console.log(`Fitted to ${forFit.length}: ${names(forFit)}.\n\nTested on ${forTest.length}: ${names(forTest)}.\n`);
  const fitted = fittedEngines(fitAll(forFit), builds);
  printCosts(fitted);
  const rows = rowsOf(forTest, builds, fitted);
  printRows(rows);
  const misses = verdict("Costs of this run", rows);
  verdict("Costs that ship, src/data/engines.ts", rowsOf(forTest, builds, engines));
  for (const miss of misses) console.log(`MISS ${miss}`);
  process.exitCode = misses.length === 0 ? 0 : 1;
}

function printCosts(fitted: ReturnType<typeof fittedEngines>): void {
  console.log("| engine | dtype | figure | costs | range |\n|---|---|---|---|---|");
  for (const [engine, { dtypes, bundleBytes }] of Object.entries(fitted)) {
    console.log(`| ${engine} | | bundle | ${bundleBytes.value} | ${engines.onnx.bundleRange.value} |`);
    for (const [dtype, facts] of Object.entries(dtypes)) {
      for (const figure of ["prompt", "token", "memory", "coldStart"] as const) {
        const costs = facts?.[figure];
        if (costs == null) continue;
        const shown = Object.entries(costs).map(([part, cost]) => `${part} ${cost.value}`);
        console.log(`| ${engine} | ${dtype} | ${figure} | ${shown.join(", ")} | ${facts?.range[figure]?.value} |`);
      }
    }
  }
}

function printRows(rows: readonly Row[]): void {
  console.log("\n| shape | quantity | predicted | measured | error | range | inside |\n|---|---|---|---|---|---|---|");
  for (const row of rows) {
    const error = errorOf(row);
    const [low, high] = row.range;
    const cells = [
      row.shape,
      row.quantity,
      row.predicted === null ? "–" : `${digits(row.predicted)} ${row.unit}`,
      `${digits(row.measured)} ${row.unit}`,
      error === null ? "–" : percent(error),
      `${digits(low)} to ${digits(high)}`,
      isInside(row) ? "yes" : "**no**",
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}

/** Prints the sums, and returns which limits they miss. */
function verdict(title: string, rows: readonly Row[]): string[] {
  const errors = rows.flatMap((row) => Math.abs(errorOf(row) ?? Number.NaN)).filter((error) => !Number.isNaN(error));
  const found = {
    median: median(errors),
    worst: Math.max(...errors),
    width: Math.max(...rows.map(({ range: [low, high] }) => high / low)),
    inside: rows.filter(isInside).length / rows.length,
  };
  console.log(
    `\n${title}: median error ${percent(found.median)}, worst ${percent(found.worst)} of ${errors.length}; ` +
      `${rows.filter(isInside).length} of ${rows.length} measured values inside their range (${percent(found.inside)}), the widest ${found.width.toFixed(2)}×.`,
  );
  return [
    ...(["median", "worst", "width"] as const)
      .filter((name) => !(found[name] <= LIMITS[name] + 1e-9))
      .map((name) => `${name} ${found[name].toFixed(3)} is over ${LIMITS[name]}`),
    ...(found.inside >= LIMITS.inside ? [] : [`only ${percent(found.inside)} inside their range`]),
  ];
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

function names(shapes: readonly MeasuredShape[]): string {
  return shapes.map(({ name, dtype }) => `${name} ${dtype}`).join("; ");
}
