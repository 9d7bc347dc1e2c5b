// create-edge-ai 0.1.0
export class PoolFullError extends Error {}

interface Waiting<T> {
  resolve(item: T): void;
  reject(error: unknown): void;
}

/** Lends a fixed number of things, each to one borrower at a time. The others wait in order, but not many and not for long. */
export class Pool<T> {
  readonly #free: T[];
  readonly #waiting: Waiting<T>[] = [];
  readonly #limits: { waiting: number; waitMs: number };

  constructor(items: readonly T[], limits: { waiting: number; waitMs: number }) {
    this.#free = [...items];
    this.#limits = limits;
  }

  get free(): number {
    return this.#free.length;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * One of the things; `give` it back.
   * @param prefers which of the free ones is taken when there is a choice
   * @throws PoolFullError when too many wait already, or it took too long; the reason of `signal` when that is aborted
   */
  async take(signal: AbortSignal, prefers: (item: T) => boolean = () => false): Promise<T> {
    signal.throwIfAborted();
    const preferred = this.#free.findIndex(prefers);
    const [item] = this.#free.splice(Math.max(0, preferred), 1);
    if (item !== undefined) return item;
    if (this.#waiting.length >= this.#limits.waiting) throw new PoolFullError("too many requests are waiting");
    return this.#wait(signal);
  }

  give(item: T): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(item);
    else next.resolve(item);
  }

  async #wait(signal: AbortSignal): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const waiting = { resolve, reject };
    const leave = (reason: unknown): void => {
      const at = this.#waiting.indexOf(waiting);
      if (at === -1) return;
      this.#waiting.splice(at, 1);
      reject(reason);
    };
    const onAbort = (): void => leave(signal.reason);
    const { waitMs } = this.#limits;
    const timer = setTimeout(() => leave(new PoolFullError(`no place came free within ${waitMs} ms`)), waitMs);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#waiting.push(waiting);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }
}
