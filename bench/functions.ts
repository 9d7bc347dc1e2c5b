// What the generated chat function costs, beside a bare pass-through, `openai` and the AI SDK: node bench/functions.ts [rounds]
// The bundles that `edge-ai build` makes, behind the same server, on the same upstream; each in a process of its own, in
// turn. Exit 1 when one of our goals is missed.
import { withTempDir } from "./measure.ts";
import { coldImports } from "./functions/cold-imports.ts";
import { makeContenders } from "./functions/contenders.ts";
import { printCold, printGoals, printPaced, printStreams } from "./functions/tables.ts";
import { Bench } from "./functions/bench.ts";

const rounds = Number(process.argv[2] ?? 5);
const COLD_SAMPLES = 11;

await withTempDir(async (dir) => {
  const contenders = await makeContenders(dir);
  const bench = await Bench.start(contenders);
  try {
    const alone = await bench.streams(1, rounds);
    printStreams("One stream at a time", alone);
    const many = await bench.streams(32, rounds);
    printStreams("32 streams at a time", many);
    const paced = await bench.pacedStreams(32, Math.ceil(rounds / 2));
    printPaced(paced);
    const cold = await coldImports(dir, contenders, COLD_SAMPLES);
    printCold(cold);
    process.exitCode = printGoals(many, cold) ? 0 : 1;
  } finally {
    bench.stop();
  }
});
