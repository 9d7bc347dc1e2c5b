/** How much is sent at most, and at least. */
export interface Bounds {
  /** Fresh instances; the median counts. */
  coldStarts: number;
  /** No more of them after this time. */
  coldStartsMs: number;
  /** For p95, three slower ones: it is not one mishap alone. */
  requests: number;
  /** A fast model is asked for so long, so that what happens now and then, like a collected heap, happens. */
  leastMs: number;
  mostMs: number;
}

export const BOUNDS: Bounds = { coldStarts: 3, coldStartsMs: 10_000, requests: 60, leastMs: 5_000, mostMs: 30_000 };

/** The first answers of all connections come at once, and so not at the pace that follows. */
const ROUNDS = 4;

export const WARM_UP = { requests: 10, mostMs: 5_000 } as const;

/** Numbers in the prompts have four digits, so that all have the same tokens. Each part of a run has its own. */
export const NUMBERS = { coldStarts: 1_000, warmUp: 1_500, load: 3_000, mostInLoad: 6_000 } as const;

/** How many requests to send when one comes to its end every `everyMs`. */
export function requestsFor(
  everyMs: number,
  concurrency: number,
  { requests, leastMs }: Pick<Bounds, "requests" | "leastMs">,
): number {
  return Math.min(Math.max(requests, ROUNDS * concurrency, Math.ceil(leastMs / everyMs)), NUMBERS.mostInLoad);
}
