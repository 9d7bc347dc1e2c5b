import type { Writable } from "node:stream";
import type { Io } from "./io.ts";
import { redactAnswer, Redactor, secretValues } from "./secrets.ts";

export interface GuardedIo {
  io: Io;
  /** Secrets beside those of the environment, from now on. */
  learn: (secrets: readonly string[]) => void;
  /** Writes what has waited for the rest of a line that did not come. */
  flush: () => void;
}

/** The same Io, with a mask for every secret that is written to its streams. Commands cannot go around it. */
export function guardIo(io: Io): GuardedIo {
  let secrets = secretValues(io.env);
  const redactor = new Redactor();
  // An answer is written in one piece; the conversation need not be.
  const stdout = changed(io.stdout, (text) => redactAnswer(text, secrets));
  const stderr = changed(io.stderr, (text) => redactor.write(text, secrets));
  return {
    io: { ...io, stdout, stderr },
    learn: (more) => {
      if (more.length > 0) secrets = [...secrets, ...more];
    },
    flush: () => {
      const rest = redactor.end(secrets);
      if (rest !== "") io.stderr.write(rest);
    },
  };
}

/** The stream itself in everything but what is written: who asks for isTTY, columns, events or errors gets its own. */
function changed<Stream extends Writable>(stream: Stream, change: (text: string) => string): Stream {
  const write = (chunk: string | Uint8Array, ...rest: never[]): boolean =>
    stream.write(change(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString()), ...rest);
  return new Proxy(stream, {
    get(target, key) {
      if (key === "write") return write;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
