import type { Dispatcher } from "undici";
import type { Probe } from "../config/schema.ts";
import type { LoadFigures } from "./document.ts";
import type { RunFacts } from "./evidence.ts";
import { isDecided, isJudgedEarly, judge } from "./judge.ts";
import { dueMs, runLoad } from "./load.ts";
import type { Load } from "./plan.ts";
import { probeOrder, requestMaker } from "./requests/probes.ts";
import { sendLagP99, watchEventLoop, type Runner } from "./runner.ts";
import { createSamples, type Answer, type Samples } from "./samples.ts";
import { compileExpect, send, type Traffic } from "./requests/send.ts";
import type { Limit } from "./slo.ts";
import type { Spend } from "./spend.ts";

/** Where to send what. */
export interface Target {
  pool: Dispatcher;
  headers: Readonly<Record<string, string>>;
  probes: readonly Probe[];
  load: Load;
  /** `{{n}}` of the first request; a clock makes it differ from every earlier run, whose answers may be cached. */
  firstNumber: number;
  signal: AbortSignal | undefined;
  spend: Spend;
  traffic: Traffic;
}

/** A run that was sent. */
export interface Run {
  samples: Samples;
  runner: Runner;
  sentMs: number;
  ended: Ended;
}

type Ended = LoadFigures["ended"];
type Sender = (probe: number, i: number, dueAt: number) => Promise<Answer>;

const WARM_UP_REQUESTS = 10;
/** At 1,000/s on 2 cores each request takes 1 to 10 ms more for so long, of client and server (bench/truth.ts, 2026-11-23). */
const WARM_UP_MS = 500;
/** How often a run is judged on the way: not so often that judging, which takes ms, disturbs what it judges. */
const LOOK_EVERY_MS = 500;
const LOOK_GROWTH = 1.1;
/** With not one good answer among so many there is no need to knock for the whole shortest time. */
const HOPELESS_REQUESTS = 50;

/**
 * Sends each probe once, alone. The first request to a route is the one that starts its function.
 * @returns the time of each probe in ms, null where it failed; and what went wrong
 */
export async function measureColdStarts(target: Target): Promise<{ ms: (number | null)[]; failures: string[] }> {
  const sendOne = await sender(target, target.firstNumber);
  const ms: (number | null)[] = [];
  const failures: string[] = [];
  for (const [probe, { name }] of target.probes.entries()) {
    const { cause, detail, latencyMs } = await sendOne(probe, probe, performance.now());
    ms.push(cause === null ? latencyMs : null);
    if (cause !== null) failures.push(`the first request of ${name} failed: ${cause} (${detail})`);
  }
  return { ms, failures };
}

/**
 * Sends requests that are not judged, at the pace of the run: for the app, and for this client, whose first requests pay
 * for connections and compilation.
 * @returns warnings about those that failed
 */
export async function warmUp(target: Target): Promise<string[]> {
  const { load } = target;
  const count = warmUpCount(load);
  const samples = room(target, count);
  const sendOne = await sender(target, target.firstNumber + target.probes.length);
  const pace = load.pace.kind === "open" ? { ...load.pace, rampMs: 0 } : load.pace;
  await runLoad(samples, (i, dueAt) => sendOne(samples.probe[i] ?? 0, i, dueAt), {
    pace,
    maxInFlight: load.maxInFlight,
    signal: target.signal,
    isOver: () => target.spend.isReached(),
  });
  return [...samples.firstFailure].map(([cause, { text }]) => `a warm-up request failed: ${cause} (${text})`);
}

/** Where requests cost money ten, or a tenth of the run when that is less; where they are free half a second, or a quarter. */
function warmUpCount({ pace, requests, maxCostUsd }: Load): number {
  const least = Math.min(WARM_UP_REQUESTS, requests / 10);
  if (maxCostUsd !== null) return Math.ceil(least);
  const wanted = pace.kind === "open" ? (pace.ratePerSecond * WARM_UP_MS) / 1_000 : pace.concurrency;
  return Math.ceil(Math.max(least, Math.min(wanted, requests / 4)));
}

/**
 * Sends the run that is judged, and watches this machine meanwhile. It ends when the limits have their verdicts and the
 * shortest duration is over, or at the first bound of the load.
 */
export async function measureLoad(
  target: Target,
  limits: readonly Limit[],
  coldStartsMs: readonly (number | null)[],
  onProgress: (finished: number) => void,
): Promise<Run> {
  const { load, firstNumber, probes } = target;
  const samples = room(target, load.requests);
  const sendOne = await sender(target, firstNumber + probes.length + WARM_UP_REQUESTS);
  const stopWatching = watchEventLoop();
  const sent = await sendUntilOver(samples, sendOne, { ...target, limits, coldStartsMs, onProgress });
  const eventLoopDelayP99Ms = stopWatching();
  const sendLagP99Ms = sendLagP99(samples.sendLagMs.subarray(0, samples.started));
  return { samples, runner: { sendLagP99Ms, eventLoopDelayP99Ms }, ...sent };
}

interface Sending extends Pick<Target, "load" | "signal" | "spend" | "traffic"> {
  limits: readonly Limit[];
  coldStartsMs: readonly (number | null)[];
  onProgress: (finished: number) => void;
}

/** The answers that are under way when the verdict is made can open the question again: then the run goes on. */
async function sendUntilOver(
  samples: Samples,
  sendOne: Sender,
  { load, signal, spend, traffic, limits, coldStartsMs, onProgress }: Sending,
): Promise<{ sentMs: number; ended: Ended }> {
  let sentMs = 0;
  let reached: Ended | null = null;
  const facts = (): RunFacts => ({ ...paceFacts(load), sentMs, coldStartsMs });
  // What is only judged at the end is not looked at on the way: pricing all answers takes its time.
  const early = limits.filter(isJudgedEarly);
  const isJudged = (): boolean => early.length === limits.length && isDecided(judge(samples, early, facts()), early);
  const isHopeless = (): boolean => samples.good === 0 && samples.started >= HOPELESS_REQUESTS;
  const bound = boundOf(load, { spend, traffic, isJudged, isHopeless });
  const isOver = (ms: number): boolean => {
    sentMs = ms;
    // Once is for all: each connection of a closed loop asks for itself.
    reached ??= bound(ms);
    return reached !== null;
  };
  const sendNext = (i: number, dueAt: number): Promise<Answer> => sendOne(samples.probe[i] ?? 0, i, dueAt);
  const { pace, maxInFlight } = load;
  for (;;) {
    reached = null;
    await runLoad(samples, sendNext, { pace, maxInFlight, signal, isOver, onProgress });
    sentMs = sentFor(samples, load, sentMs);
    if (signal?.aborted === true) return { sentMs, ended: "interrupted" };
    const ended = reached ?? allSent(load, sentMs);
    if (ended !== "decided" || isJudged()) return { sentMs, ended };
  }
}

/** All requests were sent: those of the duration, or those there were to be. */
function allSent({ durationMs }: Load, sentMs: number): Ended {
  return durationMs !== null && sentMs >= durationMs ? "duration" : "max-requests";
}

interface Bounds {
  spend: Spend;
  traffic: Traffic;
  isJudged: () => boolean;
  isHopeless: () => boolean;
}

/** Which bound of the load is reached, if one is. */
function boundOf(load: Load, { spend, traffic, isJudged, isHopeless }: Bounds): (sentMs: number) => Ended | null {
  let nextLookMs = load.minDurationMs;
  let nextHopelessLookMs = 0;
  return (sentMs) => {
    if (load.durationMs !== null && sentMs >= load.durationMs) return "duration";
    if (load.maxBytes !== null && traffic.bytes >= load.maxBytes) return "max-bytes";
    if (spend.isReached()) return "max-cost";
    if (sentMs < nextLookMs) {
      if (sentMs < nextHopelessLookMs || !isHopeless()) return null;
      nextHopelessLookMs = sentMs + LOOK_EVERY_MS;
      return isJudged() ? "decided" : null;
    }
    nextLookMs = Math.max(sentMs + LOOK_EVERY_MS, sentMs * LOOK_GROWTH);
    return isJudged() ? "decided" : null;
  };
}

/** How long was sent: each request of an open loop stands for the time until the next one. */
function sentFor(samples: Samples, { pace }: Load, lastMs: number): number {
  return pace.kind === "closed" ? lastMs : dueMs(pace, samples.started);
}

/** What a pace says about a run. */
export function paceFacts({ pace }: Load): Pick<RunFacts, "ratePerSecond" | "rampMs"> {
  return pace.kind === "open"
    ? { ratePerSecond: pace.ratePerSecond, rampMs: pace.rampMs }
    : { ratePerSecond: null, rampMs: 0 };
}

function room({ probes }: Target, count: number): Samples {
  const weights = probes.map(({ weight }) => weight);
  return createSamples(
    probes.map(({ name }) => name),
    probeOrder(weights, count),
  );
}

async function sender({ pool, headers, probes, load, spend, traffic }: Target, firstNumber: number): Promise<Sender> {
  const makers = await Promise.all(
    probes.map(async (probe) => ({ make: requestMaker(probe, headers), expect: await compileExpect(probe) })),
  );
  return async (probe, i, dueAt) => {
    const maker = makers[probe];
    if (maker === undefined) throw new Error(`there is no probe ${probe}`);
    spend.begin();
    const answer = await send({ pool, traffic }, maker.make(firstNumber + i), maker.expect, dueAt, load.timeoutMs);
    spend.end(answer.usage);
    return answer;
  };
}
