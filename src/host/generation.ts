import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import { messageOf } from "../errors.ts";
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

  /** Starts every function. @returns the ones that cannot start */
  async startAll(): Promise<StartFailure[]> {
    const results = await Promise.all(
      [...this.#functions].map(([name, served]) =>
        served.instance().then(
          () => null,
          (error: unknown) => ({ name, message: messageOf(error) }),
        ),
      ),
    );
    return results.filter((failure) => failure !== null);
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
