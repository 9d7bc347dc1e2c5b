import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import { knownError, messageOf } from "../errors.ts";
import { answer } from "./answer.ts";
import type { Output } from "./output.ts";
import { ServedFunction, type Surroundings } from "./served-function.ts";

/** A function that cannot start; its log says more. */
export interface StartFailure {
  name: string;
  message: string;
}

/** One build that is being served, with its functions and the requests it has. */
export class Generation {
  readonly #output: Output;
  readonly #functions = new Map<string, ServedFunction>();
  readonly #inFlight = new Set<Promise<void>>();

  /** @param dir folder for the files of its functions */
  constructor(output: Output, surroundings: Surroundings, dir: string) {
    this.#output = output;
    for (const entry of output.entries.values()) {
      if (entry.kind !== "function" || this.#functions.has(entry.name)) continue;
      const number = String(this.#functions.size);
      this.#functions.set(entry.name, new ServedFunction(entry, surroundings, path.join(dir, number)));
    }
  }

  /** Answers a request. */
  async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const answered = answer(this.#output, this.#functions, req, res);
    this.#inFlight.add(answered);
    try {
      await answered;
    } finally {
      this.#inFlight.delete(answered);
    }
  }

  /**
   * Starts every function.
   * @returns the ones that cannot start, or not within the time
   * @throws CliError FILE when it is this machine that cannot: no space, no permission
   */
  async startAll(withinMs: number): Promise<StartFailure[]> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), withinMs);
    const lateMessage = `it was not ready within ${withinMs / 1_000} s`;
    try {
      const results = await Promise.all(
        [...this.#functions].map(async ([name, served]) => {
          const message = await Promise.race([startMessage(served), aborted(late.signal).then(() => lateMessage)]);
          return message === null ? [] : [{ name, message }];
        }),
      );
      return results.flat();
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when it has no requests. */
  async idle(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.allSettled(this.#inFlight);
  }

  /** Ends its functions, gracefully for a few seconds. */
  async stop(): Promise<void> {
    await Promise.all([...this.#functions.values()].map((served) => served.stop()));
  }
}

/** Starts a function. @returns why it cannot start, or null */
async function startMessage(served: ServedFunction): Promise<string | null> {
  try {
    await served.instance();
    return null;
  } catch (error) {
    const known = knownError(error);
    if (known?.code === "FILE") throw known;
    return messageOf(error);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
