// create-edge-ai 0.1.0
import { ageMs, fromMemory, fromRedis, store, storeReport, type Stored } from "./answer-store.ts";
import { keyOf, policyOf, type Policy } from "./cache-policy.ts";
import type { Call, Handle, Option } from "./call.ts";
import { canShareWork, waitUntil } from "./platform.ts";
import { positive } from "./positive.ts";
import { Recording } from "./recording.ts";
import { reportOn } from "./reports.ts";
import { callerLeft } from "./caller-left.ts";
import { SharedCall } from "./shared-call.ts";
import { isStandIn } from "./target-facts.ts";
import { isWhole } from "./whole-answer.ts";

const TTL_MS = positive(process.env.CACHE_TTL_S, 3_600) * 1_000;
/** What another target than the one that was meant to has answered should not outlive the outage by much. */
const STAND_IN_TTL_MS = 60_000;

/** What the callers of a flight get. */
type Answer =
  | { kind: "stored"; stored: Stored }
  | { kind: "whole"; status: number; headers: Headers; body: Uint8Array<ArrayBuffer> }
  | { kind: "stream"; status: number; headers: Headers; recording: Recording };

/** One question on its way to the model, and all who wait for its answer. */
interface Flight {
  shared: SharedCall;
  answer: Promise<Answer>;
}

const flights = new Map<string | symbol, Flight>();
const count = { hit: 0, miss: 0, shared: 0 };
reportOn("cache", () => {
  const waiting = [...flights.values()].reduce((sum, { shared }) => sum + shared.size, 0);
  return { ...count, flights: flights.size, waiting, ...storeReport() };
});

/**
 * Answers a question that was answered before, and asks the model only once when several ask the same at a time.
 * `x-ai-cache` says which: hit, miss, or shared.
 */
export const cache: Option = {
  name: "cache",
  async run(call, next) {
    const policy = policyOf(call);
    if (policy === null) return next(call);
    const key = keyOf(call);
    const stored = policy.mayRead ? fromMemory(key, policy.maxAgeMs) : null;
    if (stored !== null) return replay(call, stored);
    // Who takes older answers than others may get one from Redis: they do not fly together.
    const name = policy.mayRead && canShareWork ? `${key} ${policy.maxAgeMs}` : Symbol("alone");
    const underway = flights.get(name);
    const flight = underway ?? takeOff(name, call, key, policy, next);
    return land(call, flight, underway === undefined ? "miss" : "shared");
  },
};

function takeOff(name: string | symbol, call: Call, key: string, policy: Policy, next: Handle): Flight {
  const shared = new SharedCall(call);
  const flight = { shared, answer: find(shared, key, policy, next) };
  flights.set(name, flight);
  const remove = (): void => void (flights.get(name) === flight && flights.delete(name));
  // At once: nobody may join a flight that has been given up.
  shared.call.signal.addEventListener("abort", remove);
  const keep = async (): Promise<void> => {
    const stored = await toStore(flight);
    remove();
    if (stored !== null) await store(key, stored);
  };
  // Told now and not at the end, so that the platform lets it go on when the first caller has left.
  waitUntil(keep());
  return flight;
}

/** The answer from Redis or from the model; a stream is still to come. */
async function find(shared: SharedCall, key: string, policy: Policy, next: Handle): Promise<Answer> {
  const { call } = shared;
  try {
    const stored = policy.mayRead ? await fromRedis(call.request, key, policy.maxAgeMs) : null;
    if (stored !== null) return { kind: "stored", stored };
    const { status, headers, body } = await next(call);
    if (call.isStreaming && body !== null) return { kind: "stream", status, headers, recording: record(shared, body) };
    const bytes = new Uint8Array(await new Response(body).arrayBuffer());
    shared.settle();
    return { kind: "whole", status, headers, body: bytes };
  } catch (error) {
    call.isStreaming = false;
    shared.settle();
    throw error;
  } finally {
    if (!call.isStreaming) call.end();
  }
}

function record(shared: SharedCall, body: ReadableStream<Uint8Array<ArrayBuffer>>): Recording {
  const recording = new Recording(body, () => shared.settle());
  const { signal } = shared.call;
  if (signal.aborted) recording.cancel();
  else signal.addEventListener("abort", () => recording.cancel());
  return recording;
}

/** The answer when all of it is there, null unless it is a good one that can be told to others. */
async function toStore({ shared, answer: coming }: Flight): Promise<Stored | null> {
  const answer = await coming.catch(() => null);
  if (answer === null || answer.kind === "stored") return null;
  const body = answer.kind === "whole" ? answer.body : await answer.recording.finished;
  const { facts, body: question } = shared.call;
  if (answer.status !== 200 || body === null || facts.errorCode !== null) return null;
  if (!isWhole(answer.headers.get("content-type"), body)) return null;
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => KEPT_HEADERS.has(name)));
  const ttlMs = isStandIn(facts.target, question["model"]) ? Math.min(STAND_IN_TTL_MS, TTL_MS) : TTL_MS;
  return { headers, body, storedAtMs: Date.now(), ttlMs };
}

/** Whose answer it is does not change with where it comes from: what is private stays so. */
const KEPT_HEADERS = new Set(["cache-control", "content-type", "x-ai-target"]);

/** Waits with the others, and takes a copy. */
async function land(call: Call, { shared, answer: coming }: Flight, how: "miss" | "shared"): Promise<Response> {
  shared.enter(call);
  let isDone = true;
  try {
    const answer = await shared.wait(call, coming);
    if (answer.kind === "stored") return replay(call, answer.stored);
    count[how] += 1;
    const headers = new Headers(answer.headers);
    headers.set("x-ai-cache", how);
    headers.set("cache-status", how === "miss" ? "ai; fwd=miss" : "ai; fwd=miss; collapsed");
    if (answer.kind === "whole") return new Response(answer.body, { status: answer.status, headers });
    isDone = false;
    call.isStreaming = true;
    const copy = answer.recording.play((why) => {
      if (why === "left") call.facts.errorCode ??= callerLeft().code;
      shared.leave(call);
      call.end();
    });
    return new Response(copy, { status: answer.status, headers });
  } finally {
    if (isDone) shared.leave(call);
  }
}

/** The stored answer. `cache-status` (RFC 9211) and `age` tell caches' clients and health checks what they look at. */
function replay(call: Call, stored: Stored): Response {
  count.hit += 1;
  const target = stored.headers["x-ai-target"] ?? null;
  Object.assign(call.facts, {
    target,
    attempts: 0,
    isCached: true,
    firstContentMs: performance.now() - call.arrivedMs,
  });
  const age = String(Math.floor(ageMs(stored) / 1000));
  const said = { "x-ai-attempts": "0", "x-ai-cache": "hit", age, "cache-status": "ai; hit" };
  return new Response(stored.body, { headers: { ...stored.headers, ...said } });
}
