// kill -9 of the CLI at every step of a release on Vercel: node bench/crash-vercel.ts [kills] [lanes] [folder of another vercel]
// Run `npm run build` first. Exit 1 when production was ever anything but the old or the new release, the rerun did not
// complete or made a second deployment, or something was left behind.
import { CaseProject } from "../test/targets/vercel-case-project.ts";
import { killMoments, killOnVercel, momentName, type KillMoment } from "../test/targets/vercel-kill-cases.ts";

const [kills = 10, lanes = 2] = process.argv.slice(2, 4).map(Number);
const cliDir = process.argv[4];
/** Most of what a step does is over by then. */
const LATEST_MS = 1_500;
/** Each deployment has a server and processes of its own. */
const KILLS_PER_PROJECT = 20;

const sums = new Map(killMoments.map((moment) => [momentName(moment), { old: 0, new: 0, well: 0, kills: 0 }]));
const violations: string[] = [];
const jobs = Array.from({ length: kills }, (_, n) => n).flatMap((n) => killMoments.map((moment) => later(moment, n)));
const total = jobs.length;

await Promise.all(Array.from({ length: lanes }, () => lane()));
console.log("| kill -9 of | kills | after it: old | new | well |");
console.log("|---|---|---|---|---|");
for (const [name, sum] of sums) console.log(`| ${name} | ${sum.kills} | ${sum.old} | ${sum.new} | ${sum.well} |`);
for (const text of violations) console.log(text);
process.exitCode = violations.length === 0 ? 0 : 1;

/** Every other kill is right at the line or the answer; the others come some time after it. */
function later(moment: KillMoment, n: number): KillMoment {
  return n % 2 === 0 ? moment : { ...moment, delayMs: Math.floor(Math.random() * LATEST_MS) };
}

async function lane(): Promise<void> {
  while (jobs.length > 0) {
    await using project = await CaseProject.make({ cliDir });
    for (let count = 0; count < KILLS_PER_PROJECT; count++) {
      const moment = jobs.shift();
      if (moment === undefined) return;
      const { after, problems } = await killOnVercel(project, moment);
      const name = momentName(moment);
      const sum = sums.get(name);
      if (sum === undefined) throw new Error(`no row ${name}`);
      sum.kills += 1;
      sum[after] += 1;
      console.error(
        `${total - jobs.length} of ${total}: ${name}: ${after}${problems.map((text) => `\n  ${text}`).join("")}`,
      );
      if (problems.length === 0) {
        sum.well += 1;
        continue;
      }
      violations.push(...problems.map((text) => `${name}: ${text}`));
      // What a kill leaves behind must not be counted twice.
      break;
    }
  }
}
