// Runs a model with the code of a generated app, in a process of its own that is pinned to one core.
import fs from "node:fs/promises";
import { median } from "../measure.ts";

/**
 * What one process found out. Times are processor times: of a process that has a core for itself they are what the clock shows, and
 * of one that shares it with others they stay near that. `wallMs` tells how far the clock was away.
 */
export interface Run {
  /** From process start to the first result: the whole answer of an encoder, the first token of a decoder. */
  coldStartMs: number;
  reads: Read[];
  /** null: writes nothing. */
  perTokenMs: number | null;
  /** Most memory of all. */
  peakBytes: number;
  wallMs: { coldStart: number; perToken: number | null };
}

interface Read {
  tokens: number;
  /** Median of the calls: the whole answer of an encoder, to the first token of a decoder. */
  ms: number;
  /** Slower than 95 % of the calls; the slowest where there are fewer than 20. */
  p95Ms: number;
  /** Median by the clock. */
  wallMs: number;
}

/** What we use of lib/onnx.ts and lib/llama.ts of a generated app. */
interface Onnx {
  runModel: (dir: string, texts: readonly string[]) => Promise<{ tokens: number }>;
}
interface Llama {
  prepare: (dir: string, messages: readonly object[], caller: string, signal: AbortSignal) => Promise<Prepared>;
}
interface Prepared {
  promptTokens: number;
  run(
    request: object,
    signal: AbortSignal,
    onPiece: () => void,
  ): Promise<{ usage: { cachedTokens: number; completionTokens: number } }>;
}

export interface Order {
  kind: "encoder" | "decoder";
  /** The app's code, bundled. */
  app: string;
  dir: string;
  tokens: readonly number[];
  tokensOut: number;
  startedAt: number;
}

const FEWEST_CALLS = 3;
const ENOUGH_MS = 300;

interface Times {
  cpuMs: number;
  wallMs: number;
}

async function encoder({ app, dir, tokens, startedAt }: Order): Promise<Run> {
  const { runModel }: Onnx = await import(app);
  // [CLS] and [SEP] come on top. Words differ so that nothing can be remembered.
  let calls = 0;
  const read = async (count: number): Promise<Times> => {
    const words = Array.from({ length: count - 2 }, (_, at) => `word${calls + at}`);
    calls++;
    const since = stopwatch();
    const { tokens: found } = await runModel(dir, [words.join(" ")]);
    if (found !== count) throw new Error(`${found} tokens instead of ${count}`);
    return since();
  };
  await read(tokens[0] ?? Number.NaN);
  const cold = await timesSinceStart(startedAt);
  const reads: Read[] = [];
  for (const count of tokens) reads.push(await repeat(count, () => read(count)));
  const wallMs = { coldStart: cold.wallMs, perToken: null };
  return { coldStartMs: cold.cpuMs, reads, perTokenMs: null, peakBytes: peakBytes(), wallMs };
}

async function repeat(tokens: number, call: () => Promise<Times>): Promise<Read> {
  await call();
  const all: Times[] = [];
  const started = performance.now();
  while (all.length < FEWEST_CALLS || performance.now() - started < ENOUGH_MS) all.push(await call());
  const cpu = all.map(({ cpuMs }) => cpuMs).toSorted((a, b) => a - b);
  const p95Ms = cpu[Math.ceil(cpu.length * 0.95) - 1] ?? Number.NaN;
  return { tokens, ms: median(cpu), p95Ms, wallMs: median(all.map(({ wallMs }) => wallMs)) };
}

async function decoder({ app, dir, tokens, tokensOut, startedAt }: Order): Promise<Run> {
  const { prepare }: Llama = await import(app);
  const { signal } = new AbortController();
  const request = { messages: [], isStream: true, includeUsage: true, temperature: 1, topP: 1, seed: 1, stop: [] };
  const [shortest = Number.NaN] = tokens;
  let callers = 0;
  const answer = async (count: number, maxTokens: number): Promise<{ first: Times; each: Times }> => {
    // Every ASCII character is a token, and four more are around a message. Another caller each time: nothing is kept from the last.
    const caller = `${++callers}`;
    const content = caller.padEnd(count - 4, "abcdefg ");
    const since = stopwatch();
    const prepared = await prepare(dir, [{ role: "user", content }], caller, signal);
    if (prepared.promptTokens !== count) throw new Error(`${prepared.promptTokens} tokens instead of ${count}`);
    let first: Times | undefined;
    const { usage } = await prepared.run({ ...request, maxTokens }, signal, () => {
      first ??= since();
    });
    if (usage.completionTokens !== maxTokens || usage.cachedTokens !== 0) throw new Error(JSON.stringify(usage));
    const all = since();
    first ??= all;
    const share = (of: keyof Times, from: Times): number => (all[of] - from[of]) / (maxTokens - 1);
    return { first, each: { cpuMs: share("cpuMs", first), wallMs: share("wallMs", first) } };
  };
  // The first answer of all: what it took is the cold start.
  await answer(shortest, 1);
  const cold = await timesSinceStart(startedAt);
  const reads: Read[] = [];
  for (const count of tokens) reads.push(await repeat(count, async () => (await answer(count, 1)).first));
  const writes: Times[] = [];
  for (let n = 0; n < FEWEST_CALLS; n++) writes.push((await answer(shortest, tokensOut)).each);
  const perToken = (of: keyof Times): number => median(writes.map((each) => each[of]));
  const wallMs = { coldStart: cold.wallMs, perToken: perToken("wallMs") };
  return { coldStartMs: cold.cpuMs, reads, perTokenMs: perToken("cpuMs"), peakBytes: peakBytes(), wallMs };
}

/** @returns what tells how much time has passed since then, of all threads of this process */
function stopwatch(): () => Times {
  const before = process.cpuUsage();
  const started = performance.now();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { cpuMs: (user + system) / 1e3, wallMs: performance.now() - started };
  };
}

/** With the processes that this one has started and that have ended: llama.cpp's package tries its binary in one. */
async function timesSinceStart(startedAt: number): Promise<Times> {
  const wallMs = Date.now() - startedAt;
  const { user, system } = process.cpuUsage();
  // Fields 16 and 17 of proc(5): in hundredths of a second. The name, in brackets, may hold spaces.
  const stat = await fs.readFile("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ofChildrenMs = (Number(fields[13]) + Number(fields[14])) * 10;
  return { cpuMs: (user + system) / 1e3 + ofChildrenMs, wallMs };
}

function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}

const order: Order = JSON.parse(process.argv[2] ?? "");
const run = await { encoder, decoder }[order.kind](order);
// The engine's threads would keep the process for as long as they wait for work.
// oxlint-disable-next-line unicorn/no-process-exit -- a program of its own
process.stdout.write(JSON.stringify(run), () => process.exit());
