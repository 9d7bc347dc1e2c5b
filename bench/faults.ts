// Every fault of the Vercel API at every place where a command meets it: node bench/faults.ts [options]
// Run `npm run build` first. Exit 1 when a cell has a wrong exit code, words that do not name the cause, a half state,
// something left behind, or a rerun that does not complete.
import { parseArgs } from "node:util";
import { CaseProject } from "../test/targets/vercel-case-project.ts";
import {
  faultMatrix,
  nameOf,
  runFaultCase,
  type FaultCase,
  type FaultOutcome,
} from "../test/targets/vercel-fault-cases.ts";

const { values } = parseArgs({
  options: {
    /** Only cells whose name this fits, like "deploy.*(hang|500)". */
    only: { type: "string", default: "" },
    /** Projects at the same time. */
    lanes: { type: "string", default: "2" },
    /** No new cell after that many minutes. */
    minutes: { type: "string", default: "60" },
    /** Folder of another `vercel`. */
    cli: { type: "string" },
    list: { type: "boolean", default: false },
  },
});

/** Each deployment has a server and processes of its own. */
const CELLS_PER_PROJECT = 20;
const wanted = new RegExp(values.only);
const cells = faultMatrix().filter((cell) => wanted.test(nameOf(cell)));
const startedMs = performance.now();
const endMs = startedMs + Number(values.minutes) * 60_000;
const results: { cell: FaultCase; outcome: FaultOutcome }[] = [];

if (values.list) for (const cell of cells) console.log(nameOf(cell));
else {
  const jobs = [...cells];
  await Promise.all(Array.from({ length: Number(values.lanes) }, () => lane(jobs)));
  process.exitCode = printTable() ? 0 : 1;
}

async function lane(jobs: FaultCase[]): Promise<void> {
  while (jobs.length > 0 && performance.now() < endMs) {
    await using project = await CaseProject.make({ cliDir: values.cli });
    for (let count = 0; count < CELLS_PER_PROJECT && performance.now() < endMs; count++) {
      const cell = jobs.shift();
      if (cell === undefined) return;
      const outcome = await runFaultCase(project, cell);
      results.push({ cell, outcome });
      const { exit, answer, message, problems, ms } = outcome;
      const seconds = (ms / 1_000).toFixed(1);
      console.error(`${results.length}/${cells.length} ${nameOf(cell)}: exit ${exit} ${answer}, ${seconds} s`);
      console.error(`    ${message.replaceAll("\n", " | ")}`);
      for (const problem of problems) console.error(`    MISS ${problem.replaceAll("\n", "\n    ")}`);
      // What a miss leaves behind must not be counted twice.
      if (problems.length > 0) break;
    }
  }
}

/** Commands down, exits across. @returns whether all was well */
function printTable(): boolean {
  const misses = results.filter(({ outcome }) => outcome.problems.length > 0);
  console.log("| command | cells | exit 0 | exit 1 | exit 2 | misses | seconds each |");
  console.log("|---|---|---|---|---|---|---|");
  for (const command of ["deploy", "promote", "rollback", "deployments"]) {
    const mine = results.filter(({ cell }) => cell.command === command);
    const exits = [0, 1, 2].map((code) => mine.filter(({ outcome }) => outcome.exit === code).length);
    const missed = misses.filter(({ cell }) => cell.command === command).length;
    const each = mine.reduce((sum, { outcome }) => sum + outcome.ms, 0) / Math.max(1, mine.length) / 1_000;
    console.log(`| ${command} | ${mine.length} | ${exits.join(" | ")} | ${missed} | ${each.toFixed(1)} |`);
  }
  for (const { cell, outcome } of misses) console.log(`${nameOf(cell)}: ${outcome.problems.join("; ")}`);
  const minutes = ((performance.now() - startedMs) / 60_000).toFixed(1);
  console.log(`${results.length} of ${cells.length} cells, ${misses.length} misses, ${minutes} min`);
  return misses.length === 0 && results.length === cells.length;
}
