// kill -9 of the CLI at every step of a deploy and of the supervisor, again and again: node bench/crash.ts [kills] [lanes]
// Run `npm run build` first. Exit 1 when production was ever anything but the old or the new release, a rerun failed, or
// something was left behind.
import { plannedSteps } from "../src/release/steps.ts";
import {
  killBoth,
  killCli,
  killSupervisor,
  releasedProject,
  type Moment,
  type Outcome,
} from "../test/targets/crash-cases.ts";
import type { CrashProject } from "../test/targets/crash-project.ts";

const [kills = 50, lanes = 4] = process.argv.slice(2).map(Number);
/** Most of what a step does is over by then. */
const LATEST_MS = 300;
const reruns = ["deploy", "promote", "rollback"] as const;

/** One kind of kill. `run` gets the number of the kill, for what changes from one to the next. */
interface Row {
  name: string;
  run: (project: CrashProject, n: number) => Promise<Outcome>;
}

const random = (): number => Math.floor(Math.random() * LATEST_MS);
const rows: Row[] = [
  // Every other kill is right at the line that says that the step begins; every fifth has a gate and a watch.
  ...plannedSteps({ production: true, gate: true }).map(({ name: step }) => ({
    name: `CLI at ${step}`,
    run: (project: CrashProject, n: number) =>
      killCli(project, step, n % 2 === 0 ? 0 : random(), step === "gate" || step === "watch" || n % 5 === 4),
  })),
  ...(["idle", "load", "stage", "gate", "promote", "watch"] as const satisfies Moment[]).map((moment) => ({
    name: `supervisor, ${moment}`,
    run: (project: CrashProject, n: number) =>
      killSupervisor(project, moment, random(), reruns[n % reruns.length] ?? "deploy"),
  })),
  ...(["stage", "promote"] as const).map((step) => ({
    name: `supervisor, then CLI at ${step}`,
    run: (project: CrashProject) => killBoth(project, step, random()),
  })),
];

interface Sum {
  kills: number;
  old: number;
  new: number;
  down: number;
  good: number;
  orphans: number;
  seconds: number;
  violations: string[];
}

const sums = new Map<string, Sum>(
  rows.map(({ name }) => [
    name,
    { kills: 0, old: 0, new: 0, down: 0, good: 0, orphans: 0, seconds: 0, violations: [] },
  ]),
);
const jobs = rows.flatMap((row) => Array.from({ length: kills }, (_, n) => ({ row, n })));

await Promise.all(Array.from({ length: lanes }, () => lane()));
printTable();
const violations = [...sums].flatMap(([name, sum]) => sum.violations.map((text) => `${name}: ${text}`));
for (const text of violations) console.log(text);
process.exitCode = violations.length === 0 ? 0 : 1;

/** Projects of their own, so that lanes do not meet. What a kill leaves behind must not be counted twice. */
async function lane(): Promise<void> {
  let project = await releasedProject();
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
    const isWell = await kill(project, job.row, job.n);
    if (isWell) continue;
    await project.remove();
    project = await releasedProject();
  }
  await project.remove();
}

async function kill(project: CrashProject, { name, run }: Row, n: number): Promise<boolean> {
  const sum = sums.get(name);
  if (sum === undefined) throw new Error(`no row ${name}`);
  const started = performance.now();
  const { after, problems, orphans } = await run(project, n);
  sum.kills += 1;
  sum[after] += 1;
  sum.seconds += (performance.now() - started) / 1_000;
  sum.orphans += orphans.length;
  if (problems.length === 0) sum.good += 1;
  sum.violations.push(...problems, ...orphans);
  if (sum.kills % 10 === 0) console.error(`${name}: ${sum.kills} of ${kills}`);
  return problems.length + orphans.length === 0;
}

function printTable(): void {
  console.log("| kill -9 of | kills | after it: old | new | down | reruns ok | left behind | seconds each |");
  console.log("|---|---|---|---|---|---|---|---|");
  for (const [name, sum] of sums) {
    const each = (sum.seconds / sum.kills).toFixed(1);
    console.log(
      `| ${name} | ${sum.kills} | ${sum.old} | ${sum.new} | ${sum.down} | ${sum.good} | ${sum.orphans} | ${each} |`,
    );
  }
}
