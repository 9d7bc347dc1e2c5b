// create-edge-ai 0.1.0
import { setTimeout as sleep } from "node:timers/promises";
import type { Call, Option } from "./call.ts";
import { HttpError } from "./http.ts";
import { Leases } from "./leases.ts";
import { canShareWork } from "./platform.ts";
import { positive } from "./positive.ts";
import { reportOn } from "./reports.ts";
import { callerLeft } from "./caller-left.ts";

/** Of this instance. One core can hold about this many streams without slowing them (measured November 2026). */
const MAX_IN_FLIGHT = positive(process.env.QUEUE_MAX_IN_FLIGHT, 32);
/** More than these waiting are better refused at once than answered late. */
const MAX_QUEUE = positive(process.env.QUEUE_MAX_WAITING, 64);
/** The wait is part of the caller's 10 s to the first content: what is left has to be enough for the model. */
const MAX_WAIT_MS = positive(process.env.QUEUE_MAX_WAIT_MS, 2_000);

/** Where no request may wait for another one, each looks by itself this often, */
const LOOK_EVERY_MS = 25;
/** and the place of one that has ended without a word is free after the longest that a call may take (vercel.json). */
const leases = { inFlight: new Leases(300_000), waiting: new Leases(MAX_WAIT_MS + 1_000) };

let inFlight = 0;
let refused = 0;
/** First come, first served: a Set keeps the order, and who leaves is found at once. */
const waiting = new Set<() => void>();
reportOn("queue", () => ({
  inFlight: inFlight + leases.inFlight.size,
  waiting: waiting.size + leases.waiting.size,
  refused,
  maxInFlight: MAX_IN_FLIGHT,
  maxQueue: MAX_QUEUE,
}));

/** Keeps an instance from taking more than it can do: so many calls at a time, so many waiting, and 503 to the others. */
export const queue: Option = {
  name: "queue",
  async run(call, next) {
    const leave = canShareWork ? await enter(call) : await lease(call);
    void call.ended.then(leave);
    return next(call);
  },
};

/** @returns what gives the call's slot back */
async function enter(call: Call): Promise<() => void> {
  if (inFlight < MAX_IN_FLIGHT) inFlight += 1;
  else await turn(call);
  return release;
}

async function lease(call: Call): Promise<() => void> {
  if (leases.inFlight.size < MAX_IN_FLIGHT) return leases.inFlight.take();
  if (leases.waiting.size >= MAX_QUEUE) throw overloaded(`${MAX_QUEUE} requests are waiting already`);
  const untilMs = performance.now() + MAX_WAIT_MS;
  const leaveQueue = leases.waiting.take();
  try {
    while (leases.inFlight.size >= MAX_IN_FLIGHT) {
      if (performance.now() >= untilMs) throw overloaded(`no slot became free within ${MAX_WAIT_MS} ms`);
      await sleep(LOOK_EVERY_MS, undefined, { signal: call.signal }).catch(() => {});
      if (call.signal.aborted) throw callerLeft();
    }
    return leases.inFlight.take();
  } finally {
    leaveQueue();
  }
}

/** Resolves when a slot is the call's. */
async function turn(call: Call): Promise<void> {
  if (waiting.size >= MAX_QUEUE) throw overloaded(`${MAX_QUEUE} requests are waiting already`);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Out of the queue at once: a slot that is handed to who has given up would be lost for ever.
  const giveUp = (error: HttpError): void => {
    waiting.delete(resolve);
    reject(error);
  };
  const leave = (): void => giveUp(callerLeft());
  const timer = setTimeout(() => giveUp(overloaded(`no slot became free within ${MAX_WAIT_MS} ms`)), MAX_WAIT_MS);
  call.signal.addEventListener("abort", leave);
  waiting.add(resolve);
  try {
    if (call.signal.aborted) leave();
    await promise;
  } finally {
    clearTimeout(timer);
    call.signal.removeEventListener("abort", leave);
  }
}

/** The slot goes to who has waited longest: `inFlight` stays as it is then. */
function release(): void {
  const [first] = waiting;
  if (first === undefined) inFlight -= 1;
  else {
    waiting.delete(first);
    first();
  }
}

function overloaded(why: string): HttpError {
  refused += 1;
  return new HttpError(503, "overloaded", why, { "retry-after": String(Math.ceil(MAX_WAIT_MS / 1000)) });
}
