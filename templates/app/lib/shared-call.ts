// create-edge-ai 0.1.0
import { callerLeft } from "./caller-left.ts";
import { Call } from "./call.ts";

/**
 * One call on behalf of several callers. It goes on while one of them is there, whoever came first, and is aborted when the
 * last one leaves. (Where `canShareWork` is false, each has but one caller.)
 */
export class SharedCall {
  readonly call: Call;
  readonly #members = new Map<Call, () => void>();
  readonly #abandoned = new AbortController();
  #isOver = false;

  /** @param body another one than the first caller's */
  constructor(first: Call, body: Record<string, unknown> = first.body) {
    const { request, caller, arrivedMs } = first;
    // The first caller's time runs: those who come later only gain by it.
    this.call = Object.assign(new Call(request, body, this.#abandoned.signal), { caller, arrivedMs });
  }

  /** Callers that are there. */
  get size(): number {
    return this.#members.size;
  }

  /** Counts a caller in, until it leaves by itself or by `leave`. */
  enter(member: Call): void {
    const onAbort = (): void => this.leave(member);
    this.#members.set(member, onAbort);
    if (member.signal.aborted) onAbort();
    else member.signal.addEventListener("abort", onAbort);
  }

  /** `work`, for a caller that has entered. @throws HttpError 499 when the caller leaves before it is done */
  async wait<T>(member: Call, work: Promise<T>): Promise<T> {
    const { promise: left, reject } = Promise.withResolvers<never>();
    const onAbort = (): void => reject(callerLeft());
    member.signal.addEventListener("abort", onAbort);
    if (member.signal.aborted) onAbort();
    try {
      return await Promise.race([work, left]);
    } finally {
      member.signal.removeEventListener("abort", onAbort);
    }
  }

  /** A caller has all it wants, or has gone. */
  leave(member: Call): void {
    const onAbort = this.#members.get(member);
    if (onAbort === undefined) return;
    this.#members.delete(member);
    member.signal.removeEventListener("abort", onAbort);
    this.#tell(member);
    if (this.#members.size === 0 && !this.#isOver) this.#abandoned.abort(callerLeft());
  }

  /** There is nothing left to abort. */
  over(): void {
    this.#isOver = true;
  }

  /**
   * The call is over: tells everybody who is there how it went. The tokens are told to one of them, who may not be the one
   * who came first; to the others it was as good as a cache.
   */
  settle(): void {
    this.over();
    const [payer, ...others] = this.#members.keys();
    const { promptTokens, completionTokens } = this.call.facts;
    if (payer !== undefined) {
      this.#tell(payer);
      Object.assign(payer.facts, { promptTokens, completionTokens });
    }
    for (const other of others) {
      this.#tell(other);
      Object.assign(other.facts, { attempts: 0, isCached: this.call.facts.errorCode === null });
    }
  }

  #tell({ facts, arrivedMs }: Call): void {
    const { target, attempts, firstContentMs, errorCode } = this.call.facts;
    facts.target ??= target;
    facts.attempts ||= attempts;
    facts.errorCode ??= errorCode;
    if (firstContentMs !== null) facts.firstContentMs ??= Math.max(0, firstContentMs + this.call.arrivedMs - arrivedMs);
  }
}
