import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type * as z from "zod";
import { ready } from "./protocol.ts";

/** A process of the bench that is told by messages what to do. */
export class Child {
  readonly #process: ChildProcess;
  /** Where it serves. */
  readonly url: string;

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  /**
   * Starts a file of this folder and waits until it is ready. What it prints to stdout goes to /dev/null.
   * @throws Error when it ends before
   */
  static async start(module: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Child> {
    const child = fork(fileURLToPath(module), args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    return new Child(child, ready.parse(await answerOf(child)).url);
  }

  /** Its answer to a message. */
  async ask<T>(message: object, schema: z.ZodType<T>): Promise<T> {
    const answer = answerOf(this.#process);
    this.#process.send(message);
    return schema.parse(await answer);
  }

  /** It ends by itself when it has nobody to talk to. */
  stop(): void {
    if (this.#process.connected) this.#process.disconnect();
  }
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const isOver = new AbortController();
  const { signal } = isOver;
  const died = async (): Promise<never> => {
    const [code] = await once(child, "exit", { signal });
    throw new Error(`${child.spawnargs.join(" ")} ended with ${String(code)}`);
  };
  try {
    const [answer] = await Promise.race([once(child, "message", { signal }), died()]);
    return answer;
  } finally {
    isOver.abort();
  }
}
