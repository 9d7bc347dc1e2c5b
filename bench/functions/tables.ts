import { median } from "../measure.ts";
import { AI_SDK, BARE, CORE, DIRECT, OURS } from "./contenders.ts";
import type { Cold } from "./cold-imports.ts";
import type { Streams } from "./bench.ts";

/** Ours against a pass-through and the AI SDK (requests/s), and what a function may weigh. */
const GOALS = { ofBare: 0.5, ofAiSdk: 3, minifiedBytes: 60_000, coldMs: 15 };

/** Streams of 20 tokens that come at once. */
export function printStreams(title: string, streams: readonly Streams[]): void {
  console.log(`\n${title}, 20 tokens without pauses\n`);
  printRow([
    "",
    "requests/s",
    ": pass-through",
    ": AI SDK",
    "p50 ms",
    "p95 ms",
    "first token, ms more",
    "CPU ms each",
    "answers per CPU : pass-through",
    ": AI SDK",
  ]);
  printRow(Array.from({ length: 10 }, () => "---"));
  const direct = find(streams, DIRECT);
  const bare = find(streams, BARE);
  const aiSdk = find(streams, AI_SDK);
  for (const each of streams) {
    printRow([
      each.name,
      each.perSecond.toFixed(0),
      ratio(each, bare).toFixed(2),
      ratio(each, aiSdk).toFixed(2),
      each.p50.toFixed(1),
      each.p95.toFixed(1),
      (each.firstContentP50 - direct.firstContentP50).toFixed(1),
      shown(each.cpuMsEach, 2),
      shown(1 / ratio(each, bare, "cpuMsEach"), 2),
      shown(1 / ratio(each, aiSdk, "cpuMsEach"), 2),
    ]);
  }
}

/** Streams at a model's pace: only what they add counts. */
export function printPaced(streams: readonly Streams[]): void {
  console.log("\n32 streams at a time, a token every 20 ms\n");
  printRow(["", "requests/s", "first token p50, ms more", "p95, ms more", "whole answer p50, ms more", "CPU ms each"]);
  printRow(Array.from({ length: 6 }, () => "---"));
  const direct = find(streams, DIRECT);
  for (const each of streams) {
    printRow([
      each.name,
      each.perSecond.toFixed(0),
      (each.firstContentP50 - direct.firstContentP50).toFixed(1),
      (each.firstContentP95 - direct.firstContentP95).toFixed(1),
      (each.p50 - direct.p50).toFixed(1),
      shown(each.cpuMsEach, 2),
    ]);
  }
}

/** Bytes, and what an import takes where HTTP is served already. */
export function printCold(colds: readonly Cold[]): void {
  console.log("\nCold import over that of an empty module, in a process that serves HTTP and has made a fetch\n");
  printRow(["", "bundle kB", "import ms (CPU)", "minified kB", "import ms (CPU)"]);
  printRow(Array.from({ length: 5 }, () => "---"));
  for (const { contender, bundle, minified } of colds) {
    printRow([
      contender.name,
      (contender.bundleBytes / 1e3).toFixed(1),
      `${bundle.wallMs.toFixed(1)} (${bundle.cpuMs.toFixed(1)})`,
      (contender.minifiedBytes / 1e3).toFixed(1),
      `${minified.wallMs.toFixed(1)} (${minified.cpuMs.toFixed(1)})`,
    ]);
  }
}

/** @returns whether all are met */
export function printGoals(streams: readonly Streams[], colds: readonly Cold[]): boolean {
  const ours = find(streams, OURS);
  const cold = colds.find(({ contender }) => contender.name === OURS);
  if (cold === undefined) throw new Error("ours was not imported");
  const ofBare = ratio(ours, find(streams, BARE));
  const ofAiSdk = ratio(ours, find(streams, AI_SDK));
  const ofBareCpu = 1 / ratio(ours, find(streams, BARE), "cpuMsEach");
  const ofAiSdkCpu = 1 / ratio(ours, find(streams, AI_SDK), "cpuMsEach");
  const { minifiedBytes } = cold.contender;
  const goals = [
    {
      isMet: ofBare >= GOALS.ofBare,
      text: `${ofBare.toFixed(2)} × the pass-through (at least ${GOALS.ofBare}); per CPU ${ofBareCpu.toFixed(2)} ×`,
    },
    {
      isMet: ofAiSdk >= GOALS.ofAiSdk,
      text: `${ofAiSdk.toFixed(1)} × the AI SDK (at least ${GOALS.ofAiSdk}); per CPU ${ofAiSdkCpu.toFixed(1)} ×`,
    },
    {
      isMet: minifiedBytes <= GOALS.minifiedBytes,
      text: `${(minifiedBytes / 1e3).toFixed(1)} kB minified (at most ${GOALS.minifiedBytes / 1e3})`,
    },
    {
      isMet: cold.minified.wallMs <= GOALS.coldMs,
      text: `cold import ${cold.minified.wallMs.toFixed(1)} ms (at most ${GOALS.coldMs})`,
    },
  ];
  const core = ratio(find(streams, CORE), find(streams, BARE));
  console.log(`\nWith everything on, 32 streams (without options ${core.toFixed(2)} × the pass-through):`);
  for (const { isMet, text } of goals) console.log(`${isMet ? "met   " : "MISSED"} ${text}`);
  return goals.every(({ isMet }) => isMet);
}

function find(streams: readonly Streams[], name: string): Streams {
  const found = streams.find((each) => each.name === name);
  if (found === undefined) throw new Error(`${name} was not measured`);
  return found;
}

/** The median of the rounds' ratios, since what else the machine does differs from round to round. */
function ratio({ rounds }: Streams, to: Streams, key: "perSecond" | "cpuMsEach" = "perSecond"): number {
  return median(rounds.map((figures, round) => figures[key] / (to.rounds[round]?.[key] ?? Number.NaN)));
}

function shown(value: number, digits: number): string {
  return Number.isNaN(value) ? "–" : value.toFixed(digits);
}

function printRow(cells: readonly string[]): void {
  console.log(`| ${cells.join(" | ")} |`);
}
