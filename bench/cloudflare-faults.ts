// Every fault of the Cloudflare API at every place where a command meets it, and kill -9 at every stage boundary:
// node bench/cloudflare-faults.ts [options]
// Run `npm run build` first. Exit 1 when a case has a wrong exit code, words that do not name the cause, production that did
// not answer, something left behind, or a rerun that does not complete.
import { parseArgs } from "node:util";
import {
  caseName,
  cloudflareKills,
  cloudflareMatrix,
  CloudflareCases,
  type CaseOutcome,
  type CloudflareCase,
} from "../test/targets/cloudflare-cases.ts";

const { values } = parseArgs({
  options: {
    /** Only cases whose name this fits, like "deploy.*(hang|500)" or "kill". */
    only: { type: "string", default: "" },
    /** Projects at the same time. */
    lanes: { type: "string", default: "2" },
    /** No new case after that many minutes. */
    minutes: { type: "string", default: "120" },
    list: { type: "boolean", default: false },
  },
});

/** Each version has a workerd of its own. */
const CASES_PER_PROJECT = 20;
const wanted = new RegExp(values.only);
const cases = [...cloudflareKills, ...cloudflareMatrix()].filter((cell) => wanted.test(caseName(cell)));
const startedMs = performance.now();
const endMs = startedMs + Number(values.minutes) * 60_000;
const results: { cell: CloudflareCase; outcome: CaseOutcome }[] = [];

if (values.list) for (const cell of cases) console.log(caseName(cell));
else {
  const jobs = [...cases];
  await Promise.all(Array.from({ length: Number(values.lanes) }, () => lane(jobs)));
  process.exitCode = printTable() ? 0 : 1;
}

async function lane(jobs: CloudflareCase[]): Promise<void> {
  while (jobs.length > 0 && performance.now() < endMs) {
    await using project = await CloudflareCases.make();
    for (let count = 0; count < CASES_PER_PROJECT && performance.now() < endMs; count++) {
      const cell = jobs.shift();
      if (cell === undefined) return;
      const outcome = await project.run(cell);
      results.push({ cell, outcome });
      console.error(`${results.length}/${cases.length} ${caseName(cell)}: exit ${outcome.exit} ${outcome.answer}`);
      console.error(`    ${outcome.message.replaceAll("\n", " | ")}`);
      for (const problem of outcome.problems) console.error(`    MISS ${problem.replaceAll("\n", "\n    ")}`);
      // What a miss leaves behind must not be counted twice.
      if (outcome.problems.length > 0) break;
    }
  }
}

/** Commands down, exits across. @returns whether all was well */
function printTable(): boolean {
  const misses = results.filter(({ outcome }) => outcome.problems.length > 0);
  console.log("| command | cases | kills | exit 0 | exit 1 | exit 2 | misses |");
  console.log("|---|---|---|---|---|---|---|");
  for (const command of ["deploy", "promote", "rollback", "deployments"]) {
    const mine = results.filter(({ cell }) => cell.command === command);
    const kills = mine.filter(({ outcome }) => outcome.exit === null).length;
    const exits = [0, 1, 2].map((code) => mine.filter(({ outcome }) => outcome.exit === code).length);
    const missed = misses.filter(({ cell }) => cell.command === command).length;
    console.log(`| ${command} | ${mine.length} | ${kills} | ${exits.join(" | ")} | ${missed} |`);
  }
  for (const { cell, outcome } of misses) console.log(`${caseName(cell)}: ${outcome.problems.join("; ")}`);
  const minutes = ((performance.now() - startedMs) / 60_000).toFixed(1);
  console.log(`${results.length} of ${cases.length} cases, ${misses.length} misses, ${minutes} min`);
  return misses.length === 0 && results.length === cases.length;
}
