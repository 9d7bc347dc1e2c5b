// Known truth against what is printed, beside autocannon 9 and wrk: node bench/truth.ts [options]
// Run `npm run build` first; wrk comes from the system (apt-get install -y wrk), the certificate from openssl.
// Exit 1 when in a row fewer than 90 % of the printed intervals hold the truth, or they are more than twice as wide as theory.
import path from "node:path";
import { parseArgs } from "node:util";
import { withTempDir } from "./measure.ts";
import { runCell, type Cell } from "./truth/cell.ts";
import { rows } from "./truth/rows.ts";
import { printHead, printRow } from "./truth/table.ts";
import { measureWay, type Way } from "./truth/way.ts";

const { values } = parseArgs({
  options: {
    /** Only rows whose key this fits, like "errors|stalls". */
    only: { type: "string", default: "" },
    rates: { type: "string", default: "100,200,1000" },
    runs: { type: "string", default: "20" },
    /** 3 runs: shows that everything works, and judges nothing. */
    quick: { type: "boolean", default: false },
    /** Without autocannon and wrk. */
    alone: { type: "boolean", default: false },
    bin: { type: "string", default: "dist/edge-ai.js" },
  },
});

/** Enough for bounds of p99 (369 at least), within 6, 4 and 2 s. */
const requestsAt: Readonly<Record<string, number>> = { 100: 600, 200: 800, 1_000: 2_000 };
/** A freeze of 1 s that is half of the run puts the median on the edge between the two halves. */
const LEAST_SECONDS_WITH_A_FREEZE = 4;
const WAY_SECONDS = 5;
const runs = values.quick ? 3 : Number(values.runs);
const startedMs = performance.now();
const cells: Cell[] = [];

const rates = values.rates.split(",").map(Number);

await withTempDir(async (dir) => {
  const ways = new Map<number, Way>();
  for (const rate of rates) ways.set(rate, await measureWay(rate, WAY_SECONDS, dir));
  printHead(runs, ways);
  for (const key of Object.keys(rows).filter((name) => new RegExp(values.only).test(name))) {
    for (const [index, [rate, way]] of [...ways].entries()) {
      const least = (rows[key]?.freezeMs ?? 0) > 0 ? rate * LEAST_SECONDS_WITH_A_FREEZE : 0;
      const requests = Math.max(requestsAt[rate] ?? rate * 10, least);
      // A closed loop has no rate: once is enough.
      const peers = { closed: !values.alone && index === 0, rate: !values.alone };
      const cell = await runCell({
        key,
        rate,
        requests,
        runs,
        peers,
        way,
        bin: path.resolve(values.bin),
        dir,
      });
      cells.push(cell);
      printRow(cell);
    }
  }
});

const misses = cells.flatMap(({ misses: own }) => own);
const minutes = ((performance.now() - startedMs) / 60_000).toFixed(1);
const intervals = cells.reduce((sum, { judged }) => sum + judged.length, 0);
console.log(`\n${cells.length} lines, ${intervals} figures of ${runs} or more runs each, ${minutes} min`);
for (const miss of misses) console.log(`MISS ${miss}`);
process.exitCode = misses.length > 0 && !values.quick ? 1 : 0;
