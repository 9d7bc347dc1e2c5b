// create-edge-ai 0.1.0
import { setTimeout as sleep } from "node:timers/promises";
import { send, type Order } from "./attempt.ts";
import { breakerOf } from "./breaker.ts";
import type { Call } from "./call.ts";
import { callerLeft } from "./caller-left.ts";
import { Fault } from "./fault.ts";
import { HttpError } from "./http.ts";
import { retryDelayMs, RetryBudget } from "./retry.ts";
import type { Target } from "./targets.ts";

/** Of this instance, for all targets together. */
const retries = new RetryBudget();

/**
 * Sends a call to the targets, in their order, until one serves it. This is the only loop that retries.
 * - One budget for all: each target may take what is left, divided by the targets that are left.
 * - A target is asked at most twice, and only after what a second try may mend.
 * - Targets that keep failing are passed over; if that leaves none, the first one is asked anyway.
 * @param budgetMs from the call's arrival until `order.read` is done
 * @throws HttpError what the caller should be told: of the best target that was asked
 */
export async function ask<T>(
  call: Call,
  order: Order<T> & { targets: readonly Target[]; budgetMs: number },
): Promise<T> {
  const leftMs = (): number => call.arrivedMs + order.budgetMs - performance.now();
  let first: Fault | null = null;
  retries.deposit();
  try {
    for (const { target, targetsLeft } of admitted(order.targets)) {
      if (leftMs() <= 0) break;
      try {
        return await askTarget(call, order, target, leftMs() / targetsLeft);
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        first ??= error;
      }
    }
    throw first ?? new Fault("upstream_timeout");
  } catch (error) {
    if (error instanceof HttpError) Object.assign(error.headers, answerHeaders(call));
    throw error;
  }
}

/** Who answered, and how many requests that took. */
export function answerHeaders({ facts: { target, attempts } }: Call): Record<string, string> {
  return { "x-ai-attempts": String(attempts), ...(target !== null && { "x-ai-target": target }) };
}

/** The targets that are not known to fail, each asked for only when it is its turn. */
function* admitted(targets: readonly Target[]): Generator<{ target: Target; targetsLeft: number }> {
  const [best] = targets;
  if (best === undefined) throw new HttpError(503, "no_target", "no target of lib/targets.ts is set");
  let isNone = true;
  for (const [index, target] of targets.entries()) {
    if (!breakerOf(target).admit()) continue;
    isNone = false;
    yield { target, targetsLeft: 1 + targets.slice(index + 1).filter((each) => !breakerOf(each).isOpen()).length };
  }
  if (isNone) yield { target: best, targetsLeft: 1 };
}

/** Asks a target, and once more when that may help. Both tries, and the wait, are within its share. */
async function askTarget<T>(call: Call, order: Order<T>, target: Target, shareMs: number): Promise<T> {
  const endMs = performance.now() + shareMs;
  try {
    return await askOnce(call, order, target, shareMs);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const waitMs = retryDelayMs(error, endMs - performance.now());
    if (waitMs === null || breakerOf(target).isOpen() || !retries.take()) throw resting(error, target);
    await sleep(waitMs, undefined, { signal: call.signal }).catch(() => {});
    return askOnce(call, order, target, endMs - performance.now()).catch((second: unknown) => {
      throw resting(second, target);
    });
  }
}

/** Leaves a target alone for as long as it has asked for. */
function resting(error: unknown, target: Target): unknown {
  if (error instanceof Fault && error.retryAfterMs !== null) breakerOf(target).rest(error.retryAfterMs);
  return error;
}

async function askOnce<T>(call: Call, order: Order<T>, target: Target, limitMs: number): Promise<T> {
  if (call.signal.aborted) throw callerLeft();
  call.facts.attempts += 1;
  try {
    const answer = await send(call, order, target, limitMs);
    call.facts.target = target.name;
    // A stream may still break: it tells the breaker itself.
    if (!call.isStreaming) breakerOf(target).succeed();
    return answer;
  } catch (error) {
    if (call.signal.aborted) throw callerLeft();
    if (error instanceof Fault) breakerOf(target).fail(error);
    else if (error instanceof HttpError) {
      // It works: what it refuses is the caller's fault.
      breakerOf(target).succeed();
      call.facts.target = target.name;
    }
    throw error;
  }
}
