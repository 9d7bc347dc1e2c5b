import type { Bounds } from "./bounds.ts";
import { NUMBERS } from "./bounds.ts";
import { figuresOf } from "./figures.ts";
import { probeFor } from "./prompts.ts";
import { sendLoad } from "./run.ts";
import type { Serving } from "./serving.ts";
import type { Subject } from "./subject.ts";
import { refuse } from "./under-load.ts";

/**
 * The first request of a fresh instance, in ms: process, import, weights, and the shortest prompt; chat: to its first token.
 * The files are in the memory of this machine by then; what a platform needs to fetch them comes on top.
 * @returns the median of some instances, of which the last one goes on
 * @throws CliError CHILD_FAILED when a request fails: its time is not that of a start
 */
export async function measureColdStart(
  serving: Serving,
  { task, bounds, signal }: { task: Subject["task"]; bounds: Bounds; signal: AbortSignal },
): Promise<number> {
  const started = performance.now();
  const times: number[] = [];
  while (
    times.length === 0 ||
    (times.length < bounds.coldStarts && performance.now() - started < bounds.coldStartsMs)
  ) {
    await serving.endInstance();
    const { samples } = await sendLoad({
      url: serving.url,
      probe: probeFor(task, 0, 1),
      concurrency: 1,
      requests: 1,
      durationMs: Infinity,
      firstNumber: NUMBERS.coldStarts + times.length,
      signal,
    });
    const { requests, failure } = figuresOf(samples);
    if (requests === 0) {
      await refuse(serving, `the first request of a fresh instance failed: ${failure ?? "no answer"}`);
    }
    times.push(samples.firstTokenMs[0] ?? Number.NaN);
  }
  return times.toSorted((a, b) => a - b)[Math.floor((times.length - 1) / 2)] ?? Number.NaN;
}
