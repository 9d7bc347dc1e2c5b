// Are the verdicts of the health check right as often as they say? node bench/calibration.ts [options]
// Simulated runs with a known truth, judged by the product's own functions and stopped as early as these allow. Prints
// Markdown. Exit 1 when independent requests, or seconds without rare stalls, exactly at a limit are passed or failed in over
// 5 % + 3 standard errors.
import { parseArgs } from "node:util";
import { binomialAtMost, binomialAtLeast } from "../src/health/statistics/statistics.ts";
import { judgeRuns, rate, type Judging, type Result, type Traffic } from "../test/unit/health/simulate.ts";
import { median } from "./measure.ts";
import { judgeMeans, MOST_SECONDS, secondsOfRuns, type Seconds } from "./seconds.ts";

const { values } = parseArgs({
  options: {
    /** Runs for each row. */
    runs: { type: "string", default: "10000" },
    /** Requests of a run without a verdict: 60 s at 110 a second. */
    most: { type: "string", default: "6600" },
    /** Independent requests: a look after that many. */
    every: { type: "string", default: "5" },
    /** Only rows whose name this fits, like "p95" or "bursts of 30". */
    only: { type: "string", default: "" },
  },
});

const ALPHA = 0.05;
const runs = Number(values.runs);
const most = Number(values.most);
const every = Number(values.every);
const wanted = new RegExp(values.only);
const allowed = ALPHA + 3 * Math.sqrt((ALPHA * (1 - ALPHA)) / runs);
/** 10 and 30 s at 110 a second: a minimum duration, which bursts need. */
const MINIMUMS = [1, 1_100, 3_300] as const;
/** Throughput: the first look is at 10 s, in a watch at 5 s. */
const FIRST_LOOKS = [5, 10] as const;
const limits = [
  { name: "p95", limit: 0.05 },
  { name: "errors < 1 %", limit: 0.01 },
  { name: "errors < 2 %", limit: 0.02 },
] as const;
const startedMs = performance.now();
const misses: string[] = [];

printIndependent();
printBursts();
printThroughput();
for (const miss of misses) console.log(`MISS ${miss}`);
console.log(`\n${((performance.now() - startedMs) / 60_000).toFixed(1)} min`);
process.exitCode = misses.length === 0 ? 0 : 1;

function printIndependent(): void {
  console.log(`\nIndependent requests: ${runs} runs a row, a look every ${every} requests, at most ${most} requests.`);
  console.log(
    `At the limit ${percent(ALPHA)} may be passed and ${percent(ALPHA)} failed: ${percent(allowed)} with 3 standard errors.\n`,
  );
  console.log(
    "| claim | truth | pass | fail | inconclusive | requests: mean | median | fixed-size test of the same power |",
  );
  console.log("|---|---|---|---|---|---|---|---|");
  for (const { name, limit } of limits) {
    for (const times of [0.2, 0.25, 0.5, 1, 2, 5]) printIndependentRow(name, limit, times);
  }
}

function printIndependentRow(name: string, limit: number, times: number): void {
  const title = `${name} | ${times} × limit`;
  if (!wanted.test(title)) return;
  const judging: Judging = { limit, most, every, from: [1], isCorrected: true };
  const [results = []] = judgeRuns({ share: limit * times, burst: 1 }, judging, runs, 5);
  const right = rate(results, times < 1 ? "pass" : "fail");
  const fixed = times === 1 ? "–" : fixedSize(limit, limit * times, right);
  console.log(`| ${title} | ${verdicts(results)} | ${requests(results)} | ${fixed} |`);
  if (times !== 1) return;
  for (const verdict of ["pass", "fail"] as const) {
    if (rate(results, verdict) > allowed) misses.push(`${title}: ${verdict} ${percent(rate(results, verdict))}`);
  }
}

/**
 * How many requests the exact one-sided binomial test needs that looks once: at most 99 % power, since no fixed size has
 * the 100 % of a run that goes on until it knows.
 */
function fixedSize(limit: number, share: number, power: number): number {
  const isEnough = (n: number): boolean => powerOf(n, limit, share) >= Math.min(0.99, power);
  let n = 1;
  while (!isEnough(n)) n = Math.ceil(n * 1.01);
  return n;
}

function powerOf(n: number, limit: number, share: number): number {
  if (share < limit) {
    let mostBad = -1;
    while (binomialAtMost(mostBad + 1, n, limit) <= ALPHA) mostBad++;
    return binomialAtMost(mostBad, n, share);
  }
  let fewestBad = Math.ceil(n * limit);
  while (binomialAtLeast(fewestBad, n, limit) > ALPHA) fewestBad++;
  return binomialAtLeast(fewestBad, n, share);
}

function printBursts(): void {
  console.log(
    `\nBursts: ${runs} runs a row, a look every 50 requests, no verdict before the minimum. "None seen" is the part of all`,
  );
  console.log(
    "runs that were passed without a single bad request: what never came cannot be corrected for, only a longer",
  );
  console.log("minimum helps. Expected bursts are those of a service at the limit.\n");
  console.log(
    "| claim, bursts | truth | minimum | bursts expected: at the minimum | in the whole run | pass | fail | inconclusive | none seen | requests: mean | median | uncorrected: pass | fail |",
  );
  console.log("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
  const kinds: Omit<Traffic, "share">[] = [
    { burst: 3 },
    { burst: 10 },
    { burst: 30 },
    { burst: 10, isInterleaved: true },
  ];
  for (const { name, limit } of limits.slice(0, 2)) {
    for (const kind of kinds) for (const times of [1, 0.2]) printBurstRows(name, limit, times, kind);
  }
}

function printBurstRows(name: string, limit: number, times: number, kind: Omit<Traffic, "share">): void {
  const how = kind.isInterleaved ? ", every second one good" : "";
  const title = `${name}, bursts of ${kind.burst}${how} | ${times} × limit`;
  if (!wanted.test(title)) return;
  const traffic = { ...kind, share: limit * times };
  const judging = { limit, most, every: 50, from: MINIMUMS };
  const corrected = judgeRuns(traffic, { ...judging, isCorrected: true }, runs, 7);
  const plain = judgeRuns(traffic, { ...judging, isCorrected: false }, runs, 7);
  for (const [i, minimum] of MINIMUMS.entries()) {
    const [results, uncorrected] = [corrected[i] ?? [], plain[i] ?? []];
    const expected = [minimum, most].map((n) => ((n * limit) / kind.burst).toFixed(1)).join(" | ");
    const unseen = results.filter(({ verdict, bad }) => verdict === "pass" && bad === 0).length / runs;
    console.log(
      `| ${title} | ${minimum} | ${expected} | ${verdicts(results)} | ${percent(unseen)} | ${requests(results)} | ${percent(rate(uncorrected, "pass"))} | ${percent(rate(uncorrected, "fail"))} |`,
    );
  }
}

function printThroughput(): void {
  console.log(
    `\nThroughput: the limit is 100 good answers a second. ${runs} runs a row, a look every second up to ${MOST_SECONDS} s. Beyond: the`,
  );
  console.log("bounds do not promise 5 % there.\n");
  console.log("| seconds | truth | first look | pass | fail | inconclusive | seconds: median |");
  console.log("|---|---|---|---|---|---|---|");
  for (const kind of secondsOfRuns) for (const truth of [100, 110, 90]) printThroughputRows(kind, truth);
}

function printThroughputRows(kind: Seconds, truth: number): void {
  const title = `throughput, ${kind.name}${kind.isBeyond ? " (beyond)" : ""} | ${truth}`;
  if (!wanted.test(title)) return;
  for (const first of FIRST_LOOKS) {
    const results = judgeMeans(kind, truth, { runs, first });
    const seconds = median(results.map(({ n }) => n));
    console.log(`| ${title} | ${first} | ${verdicts(results)} | ${seconds} |`);
    if (truth !== 100 || kind.isBeyond) continue;
    for (const verdict of ["pass", "fail"] as const) {
      const wrong = rate(results, verdict);
      if (wrong > allowed) misses.push(`${title}, first look ${first}: ${verdict} ${percent(wrong)}`);
    }
  }
}

function verdicts(results: readonly Result[]): string {
  return (["pass", "fail", "inconclusive"] as const).map((verdict) => percent(rate(results, verdict))).join(" | ");
}

function requests(results: readonly Result[]): string {
  const counts = results.map(({ n }) => n);
  return `${(counts.reduce((sum, n) => sum + n, 0) / counts.length).toFixed(0)} | ${median(counts).toFixed(0)}`;
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(1)} %`;
}
