import { CliError } from "../errors.ts";
import { unfitReason } from "../health/runner.ts";
import { NUMBERS, requestsFor, WARM_UP, type Bounds } from "./bounds.ts";
import { figuresOf, type LoadFigures } from "./figures.ts";
import { probeFor } from "./prompts.ts";
import { sendLoad } from "./run.ts";
import type { Serving } from "./serving.ts";
import { isOff, type AskedLoad, type Subject } from "./subject.ts";
import { watchProcess } from "./watch-process.ts";

interface UnderLoad {
  task: Subject["task"];
  /** Of each prompt. */
  words: number;
  load: AskedLoad;
  bounds: Bounds;
  signal: AbortSignal;
  onProgress: (line: string) => void;
}

export interface LoadResult extends LoadFigures {
  /** Of one request, in all threads of the function's process. */
  cpuMs: number;
  memoryBytes: number;
}

/** More failures than this, and the times of the others are not those of this load. */
const MOST_FAILED = 0.05;
/** With less, p95 is the slowest one. */
const LEAST_FOR_P95 = 20;

/** Warms a function up, then keeps it busy for as long as its p95 needs. @throws CliError CHILD_FAILED; Interrupted */
export async function measureUnderLoad(serving: Serving, asked: UnderLoad): Promise<LoadResult> {
  const { task, words, load, bounds, signal, onProgress } = asked;
  const { concurrency } = load;
  const sent = { url: serving.url, probe: probeFor(task, words, load.tokensOut), concurrency, signal };
  const warmUp = await sendLoad({
    ...sent,
    requests: Math.max(WARM_UP.requests, concurrency),
    durationMs: WARM_UP.mostMs,
    firstNumber: NUMBERS.warmUp,
  });
  const warm = figuresOf(warmUp.samples);
  await refuseFailures(warm, serving);
  const requests = requestsFor(warmUp.sentMs / warm.requests, concurrency, bounds);
  onProgress(`→ load: ${concurrency} at once, for ${requests} requests or ${bounds.mostMs / 1_000} s`);

  const watch = await watchProcess(await serving.pid());
  const run = await sendLoad({
    ...sent,
    requests,
    durationMs: bounds.mostMs,
    firstNumber: NUMBERS.load,
    onProgress: (finished) => onProgress(`  ${finished} answered`),
  }).finally(watch.stop);
  const figures = figuresOf(run.samples);
  await refuseFailures(figures, serving);
  const used = (await watch.used()) ?? (await ended(serving));
  const busy = unfitReason(run.runner, [figures.p95Ms]);
  for (const note of [...notesOn(figures, load), ...(busy === null ? [] : [busy])]) onProgress(`  ${note}`);
  return { ...figures, cpuMs: used.cpuMs / (figures.requests + figures.failed), memoryBytes: used.residentBytes };
}

async function refuseFailures({ requests, failed, failure }: LoadFigures, serving: Serving): Promise<void> {
  if (requests > 0 && failed <= MOST_FAILED * (requests + failed)) return;
  await refuse(serving, `${failed} of ${requests + failed} requests failed: ${failure ?? "no answer"}`);
}

function ended(serving: Serving): Promise<never> {
  return refuse(serving, "the function's process ended under the load");
}

/** @throws CliError CHILD_FAILED with what happened and the function's last lines */
export async function refuse(serving: Serving, what: string): Promise<never> {
  const log = await serving.lastLog();
  throw new CliError("CHILD_FAILED", log === "" ? what : `${what}\n${log}`, {
    hint: "ask for less (--concurrency, --tokens-in, --tokens-out), or look at the function with: npx edge-ai dev",
  });
}

function notesOn({ requests, empty, failed, failure, tokensOut }: LoadFigures, load: AskedLoad): string[] {
  const few = `only ${requests} answers in the time: p95 is the slowest of them`;
  const short = `the answers have ${tokensOut?.toFixed(0)} tokens on average, not ${load.tokensOut}: the model ends them`;
  return [
    `${requests} answers`,
    ...(failed > 0 ? [`${failed} requests failed, the first: ${failure}`] : []),
    ...(empty > 0 ? [`${empty} of them without content: more --tokens-out, if the model thinks before it writes`] : []),
    ...(requests < LEAST_FOR_P95 ? [few] : []),
    ...(tokensOut !== null && isOff(tokensOut, load.tokensOut) ? [short] : []),
  ];
}
