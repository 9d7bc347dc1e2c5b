// create-edge-ai 0.1.0
/** Places that come back by themselves after a time. On Workers a request may end without a word, and would keep its place. */
export class Leases {
  readonly #forMs: number;
  readonly #taken = new Set<{ untilMs: number }>();

  constructor(forMs: number) {
    this.#forMs = forMs;
  }

  /** How many are taken. */
  get size(): number {
    const nowMs = performance.now();
    for (const lease of this.#taken) if (lease.untilMs <= nowMs) this.#taken.delete(lease);
    return this.#taken.size;
  }

  /** Takes one; the result gives it back. */
  take(): () => void {
    const lease = { untilMs: performance.now() + this.#forMs };
    this.#taken.add(lease);
    return () => void this.#taken.delete(lease);
  }
}
