// create-edge-ai 0.1.0
import type { Fault, FaultCode } from "./fault.ts";
import { reportOn } from "./reports.ts";
import type { Target } from "./targets.ts";

/** Failures in a row after which a target is left alone, and for how long. */
const MAX_FAILURES = 5;
const OPEN_MS = 10_000;
/** Longest rest that a target can ask for with Retry-After: after that, one call looks whether it still means it. */
const MAX_REST_MS = 600_000;

/**
 * Leaves a target alone that fails. When its time is over, one call is let through as a probe; its success closes the
 * breaker. A probe that never reports back, for instance because its caller left, blocks nobody: the next may go after
 * the same time. All times are of performance.now().
 */
export class Breaker {
  readonly #name: string;
  #failures = 0;
  /** 0: closed. */
  #openUntilMs = 0;
  #restUntilMs = 0;
  #lastFault: FaultCode | null = null;

  constructor(name: string) {
    this.#name = name;
  }

  isOpen(nowMs: number = performance.now()): boolean {
    return nowMs < Math.max(this.#openUntilMs, this.#restUntilMs);
  }

  /** May a call go through now? */
  admit(nowMs: number = performance.now()): boolean {
    if (this.isOpen(nowMs)) return false;
    if (this.#openUntilMs > 0) this.#openUntilMs = nowMs + OPEN_MS;
    return true;
  }

  succeed(): void {
    this.#failures = 0;
    this.#openUntilMs = 0;
  }

  fail(fault: Fault, nowMs: number = performance.now()): void {
    this.#failures += 1;
    this.#lastFault = fault.code;
    if (this.#failures >= MAX_FAILURES) this.#openUntilMs = nowMs + OPEN_MS;
    console.warn(JSON.stringify({ type: "fault", target: this.#name, code: fault.code, detail: fault.detail }));
  }

  /** Until then nobody is let through: the target said so itself. */
  rest(forMs: number, nowMs: number = performance.now()): void {
    this.#restUntilMs = nowMs + Math.min(forMs, MAX_REST_MS);
  }

  report(): object {
    return { isOpen: this.isOpen(), failuresInARow: this.#failures, lastFault: this.#lastFault };
  }
}

/** Of this instance: another one finds out by itself. */
const breakers = new Map<string, Breaker>();
reportOn("targets", () => Object.fromEntries([...breakers].map(([name, breaker]) => [name, breaker.report()])));

/** The breaker of a target, the same one for all calls. */
export function breakerOf({ name }: Target): Breaker {
  const breaker = breakers.get(name) ?? new Breaker(name);
  breakers.set(name, breaker);
  return breaker;
}
