import { autocannon, wrk, type PeerReport } from "../peers.ts";
import { TruthApp } from "./app.ts";
import { judgeRuns, LARGEST_WIDTH_RATIO, SMALLEST_SHARE_HELD, type Judged } from "./judge.ts";
import { healthcheck, writeConfig, type HealthJson } from "./ours.ts";
import { rows, type Row } from "./rows.ts";
import type { LogLine } from "./server.ts";
import { drawTruth, lateness, type Truth } from "./theory.ts";
import type { Way } from "./way.ts";

export interface CellOptions {
  key: string;
  rate: number;
  /** Of one run. */
  requests: number;
  runs: number;
  /** Measured at this rate. */
  way: Way;
  peers: { closed: boolean; rate: boolean };
  bin: string;
  dir: string;
}

/** A peer's report, and how many of its requests the server treated badly. */
export interface PeerRun {
  report: PeerReport;
  madeBad: number;
}

/** One row at one rate. */
export interface Cell {
  options: CellOptions;
  row: Row;
  truth: Truth;
  runs: Runs;
  judged: Judged[];
  peers: { rateMode: PeerRun | null; closed: PeerRun | null; wrk: PeerRun | null };
  misses: string[];
}

interface Runs {
  documents: HealthJson[];
  lateMs: number[];
  /** Runs in which exactly as many errors were counted as the server made. */
  exactErrors: number;
  /** Runs that the health check itself called worthless because this machine was busy; each was repeated. */
  unfit: number;
}

/** Runs a row at a rate: ours as often as asked, each peer once. */
export async function runCell(options: CellOptions): Promise<Cell> {
  const { key, rate, requests, way, dir } = options;
  const row = rows[key];
  if (row === undefined) throw new Error(`there is no row ${key}`);
  await writeConfig(dir, row.isStream);
  const runs: Runs = { documents: [], lateMs: [], exactErrors: 0, unfit: 0 };
  const judge = (): { truth: Truth; judged: Judged[] } => {
    const truth = drawTruth(row, { lateMs: runs.lateMs, way }, { rate, requests });
    return { truth, judged: row.badCertificate ? [] : judgeRuns(truth, runs.documents, requests) };
  };
  await runOurs(options, row, runs, options.runs);
  // Of 20 intervals that are right 95 times in 100, fewer than 18 hold in 7.5 % of the figures, and there are over a hundred
  // of those. So whatever misses is run thrice as often, and judged on all of it.
  if (judge().judged.some((figure) => isUnderGoal(figure, runs.documents.length))) {
    await runOurs(options, row, runs, options.runs * 3);
  }
  const { truth, judged } = judge();
  const peers = await runPeers(options, row);
  return { options, row, truth, runs, judged, peers, misses: missesOf(options, row, judged, runs.documents) };
}

/** Runs the health check until there are so many runs, with the seeds 1, 2, 3 … */
async function runOurs(
  { key, rate, requests, bin, dir }: CellOptions,
  row: Row,
  runs: Runs,
  most: number,
): Promise<void> {
  while (runs.documents.length < most) {
    // The freeze comes once in the life of a server.
    await using app = await TruthApp.start(key, dir);
    await app.begin(runs.documents.length + 1);
    const document = await healthcheck(bin, dir, app.url, { rate, requests });
    if (document.cause === "unfit-runner" && runs.unfit < most) {
      runs.unfit++;
      continue;
    }
    const log = await app.log();
    // Before the run it sent the cold start and the warm-up.
    const measured = log.slice(log.length - document.measurement.requests);
    runs.documents.push(document);
    runs.lateMs.push(...lateness(row, measured));
    if (countBad(measured) === document.measurement.errors) runs.exactErrors++;
  }
}

function countBad(log: readonly LogLine[]): number {
  return log.filter(({ kind }) => kind !== "good").length;
}

async function runPeers({ key, rate, requests, peers, dir }: CellOptions, row: Row): Promise<Cell["peers"]> {
  const seconds = Math.ceil(requests / rate);
  const on = async (run: (url: string) => Promise<PeerReport>): Promise<PeerRun> => {
    await using app = await TruthApp.start(key, dir);
    await app.begin(1);
    const report = await run(app.url);
    return { report, madeBad: row.badCertificate ? report.requests : countBad(await app.log()) };
  };
  // As many connections as the rate needs when an answer takes half a second; a closed loop has the usual 10.
  const rateMode = { connections: Math.max(10, rate / 2), seconds, ratePerSecond: rate };
  const closed = { connections: 10, seconds };
  return {
    rateMode: peers.rate ? await on((url) => autocannon({ url, ...rateMode })) : null,
    closed: peers.closed ? await on((url) => autocannon({ url, ...closed })) : null,
    wrk: peers.closed ? await on((url) => wrk({ url, ...closed }, dir)) : null,
  };
}

function isUnderGoal({ held }: Judged, runs: number): boolean {
  return held < runs * SMALLEST_SHARE_HELD;
}

function missesOf(
  { key, rate }: CellOptions,
  row: Row,
  judged: readonly Judged[],
  documents: readonly HealthJson[],
): string[] {
  const where = `${key} at ${rate}/s`;
  if (row.badCertificate) {
    const wrong = documents.filter(({ verdict, cause }) => verdict !== "fail" || cause !== "tls");
    return wrong.map(({ verdict, cause }) => `${where}: ${verdict} ${cause}`);
  }
  const worthless = documents.filter(({ checks, cause }) => checks.length === 0 || cause !== undefined);
  const narrow = judged.filter((figure) => isUnderGoal(figure, documents.length));
  const wide = judged.filter(({ widthRatio }) => widthRatio === null || widthRatio > LARGEST_WIDTH_RATIO);
  return [
    ...worthless.map(({ cause, message }) => `${where}: ${cause} ${message}`),
    ...narrow.map(({ figure, held }) => `${where}: ${figure} held the truth in ${held} of ${documents.length}`),
    ...wide.map(
      ({ figure, widthRatio }) => `${where}: ${figure} is ${widthRatio?.toFixed(1) ?? "∞"} × as wide as theory`,
    ),
  ];
}
