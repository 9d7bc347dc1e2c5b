import type { Measured } from "../plan/types.ts";
import { BOUNDS, type Bounds } from "./bounds.ts";
import { measureColdStart } from "./cold-start.ts";
import { wordsFor } from "./prompts.ts";
import type { Serving } from "./serving.ts";
import { isOff, type AskedLoad, type Subject } from "./subject.ts";
import { tokensAsked } from "./tokens.ts";
import { measureUnderLoad } from "./under-load.ts";

export interface ServedOptions {
  subject: Subject;
  load: AskedLoad;
  signal: AbortSignal;
  /** Told a line at each step. */
  onProgress: (line: string) => void;
  bounds?: Partial<Bounds>;
}

type ServedFigures = Pick<
  Measured,
  "p95Ms" | "firstTokenMs" | "tokensPerSecond" | "cpuMs" | "coldStartMs" | "memoryBytes" | "requests"
>;

/** Measures a function that is served. @throws CliError CHILD_FAILED when its requests fail; Interrupted */
export async function measureServed(serving: Serving, options: ServedOptions): Promise<ServedFigures> {
  const { subject, load, signal, onProgress } = options;
  const { task } = subject;
  const bounds = { ...BOUNDS, ...options.bounds };
  const { words, tokens } = await wordsFor(load.tokensIn, (count) => tokensAsked(serving, task, count, signal));
  const others = isOff(tokens, load.tokensIn) ? `, not ${load.tokensIn}: the model takes no others` : "";
  onProgress(`→ prompts of ${tokens} tokens${others}`);
  const coldStartMs = await measureColdStart(serving, { task, bounds, signal });
  onProgress(`→ cold start: ${Math.round(coldStartMs)} ms`);
  const figures = await measureUnderLoad(serving, { task, words, load, bounds, signal, onProgress });
  const { firstTokenMs, tokensPerSecond, memoryBytes, requests } = figures;
  return {
    p95Ms: rounded(figures.p95Ms),
    firstTokenMs: firstTokenMs === null ? null : rounded(firstTokenMs),
    tokensPerSecond: tokensPerSecond === null ? null : rounded(tokensPerSecond),
    cpuMs: rounded(figures.cpuMs),
    coldStartMs: rounded(coldStartMs),
    memoryBytes,
    requests,
  };
}

/** To a hundredth: less is noise. */
function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
