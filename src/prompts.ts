import { type CANCEL_SYMBOL, confirm, isCancel, select, text } from "@clack/prompts";
import { CliError, Interrupted, messageOf } from "./errors.ts";
import type { Io } from "./io.ts";

/** A question whose answer a flag can give. */
interface Question {
  message: string;
  /** The flag that answers it, for when nobody does. */
  flag: string;
}

type Streams = { input: Io["stdin"]; output: Io["stderr"]; signal: AbortSignal };

/** Asks for a line. What `check` throws is shown, and the question asked again. */
export function askText(
  io: Io,
  question: Question & { initial: string; check: (value: string) => unknown },
): Promise<string> {
  const validate = (value: string | undefined): string | undefined => {
    try {
      question.check(value === undefined || value === "" ? question.initial : value);
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  };
  return ask(io, question, (streams) =>
    text({
      ...streams,
      message: question.message,
      placeholder: question.initial,
      defaultValue: question.initial,
      validate,
    }),
  );
}

export interface Choice<T> {
  value: T;
  label: string;
  hint?: string;
  disabled?: boolean;
}

/** Asks for one of a list. */
export function askChoice<T extends string>(
  io: Io,
  question: Question & { choices: readonly Choice<T>[]; initial: T },
): Promise<T> {
  const { message, choices, initial } = question;
  return ask(io, question, async (streams) => {
    const chosen = await select<string>({
      ...streams,
      message,
      options: choices.map((choice) => ({ ...choice })),
      initialValue: initial,
    });
    return isCancel(chosen) ? chosen : (choices.find(({ value }) => value === chosen)?.value ?? initial);
  });
}

/** Asks yes or no. */
export function askYesNo(io: Io, question: Question): Promise<boolean> {
  return ask(io, question, (streams) => confirm({ ...streams, message: question.message }));
}

/** Ctrl-C is an interrupt; a terminal that goes away without an answer is an error, never a silent success. */
async function ask<T>(
  io: Io,
  question: Question,
  prompt: (streams: Streams) => Promise<T | typeof CANCEL_SYMBOL>,
): Promise<T> {
  let onEnd: (() => void) | undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    onEnd = () =>
      reject(
        new CliError("NEEDS_INPUT", `no answer to "${question.message}"`, {
          hint: `give ${question.flag}, or --yes for the defaults`,
        }),
      );
    io.stdin.once("end", onEnd).once("close", onEnd);
  });
  try {
    const answer = await Promise.race([prompt({ input: io.stdin, output: io.stderr, signal: io.signal }), ended]);
    io.signal.throwIfAborted();
    if (isCancel(answer)) throw new Interrupted("SIGINT");
    return answer;
  } finally {
    if (onEnd !== undefined) io.stdin.off("end", onEnd).off("close", onEnd);
  }
}
