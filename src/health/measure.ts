import type { Dispatcher } from "undici";
import type { Probe } from "../config/schema.ts";
import { runLoad } from "./load.ts";
import type { HealthPlan } from "./plan.ts";
import { probeOrder, requestMaker } from "./probes.ts";
import { sendLagP99, watchEventLoop, type Runner } from "./runner.ts";
import { createSamples, type Samples } from "./samples.ts";
import { send, type Answer } from "./send.ts";

/** Where to send what. */
export interface Target {
  pool: Dispatcher;
  headers: Readonly<Record<string, string>>;
  probes: readonly Probe[];
  load: HealthPlan["load"];
  /** `{{n}}` of the first request; a clock makes it differ from every earlier run, whose answers may be cached. */
  firstNumber: number;
  signal: AbortSignal | undefined;
}

const WARM_UP_REQUESTS = 10;

/**
 * Sends each probe once, alone. The first request to a route is the one that starts its function.
 * @returns the longest time in ms, or what went wrong
 */
export async function measureColdStart(target: Target): Promise<{ ms: number | null; failure: string | null }> {
  const sendOne = sender(target, target.firstNumber);
  let longestMs = 0;
  for (const probe of target.probes.keys()) {
    const answer = await sendOne(probe, probe, performance.now());
    if (answer.cause !== null) {
      return { ms: null, failure: `the first request failed: ${answer.cause} (${answer.detail})` };
    }
    longestMs = Math.max(longestMs, answer.latencyMs);
  }
  return { ms: longestMs, failure: null };
}

/**
 * Sends a few requests that are not judged, at the rate of the run: for the app, and for this client, whose first
 * requests pay for connections and compilation.
 * @returns warnings about those that failed
 */
export async function warmUp(target: Target): Promise<string[]> {
  const count = Math.min(WARM_UP_REQUESTS, Math.ceil(target.load.requests / 10));
  const samples = await sendRun(target, count, target.firstNumber + target.probes.length);
  return [...samples.firstFailure].map(([cause, first]) => `a warm-up request failed: ${cause} (${first})`);
}

/** Sends the run that is judged, and watches this machine meanwhile. */
export async function measureLoad(
  target: Target,
  onProgress: (finished: number) => void,
): Promise<{ samples: Samples; runner: Runner }> {
  const stopWatching = watchEventLoop();
  const first = target.firstNumber + target.probes.length + WARM_UP_REQUESTS;
  const samples = await sendRun(target, target.load.requests, first, onProgress);
  const eventLoopDelayP99Ms = stopWatching();
  const sendLagP99Ms = sendLagP99(samples.sendLagMs.subarray(0, samples.started));
  return { samples, runner: { sendLagP99Ms, eventLoopDelayP99Ms } };
}

async function sendRun(
  target: Target,
  count: number,
  firstNumber: number,
  onProgress: (finished: number) => void = () => undefined,
): Promise<Samples> {
  const { probes, load, signal } = target;
  const order = probeOrder(
    probes.map(({ weight }) => weight),
    count,
  );
  const samples = createSamples(load.ratePerSecond, order);
  const sendOne = sender(target, firstNumber);
  const { maxInFlight } = load;
  await runLoad(samples, (i, dueAt) => sendOne(order[i] ?? 0, i, dueAt), { maxInFlight, signal, onProgress });
  return samples;
}

function sender(
  { pool, headers, probes, load }: Target,
  firstNumber: number,
): (probe: number, i: number, dueAt: number) => Promise<Answer> {
  const makers = probes.map((probe) => ({ make: requestMaker(probe, headers), expect: probe.expect }));
  return async (probe, i, dueAt) => {
    const maker = makers[probe];
    if (maker === undefined) throw new Error(`there is no probe ${probe}`);
    return send(pool, maker.make(firstNumber + i), maker.expect, dueAt, load.timeoutMs);
  };
}
