/**
 * What went wrong, for people and for CI. `exit` is the process exit code: 2 means "could not answer".
 * A code lives here once; the README repeats this table and a test compares the two.
 */
export const errorCodes = {
  USAGE: { exit: 2, text: "the command line is wrong" },
  NEEDS_INPUT: { exit: 2, text: "an answer is missing and nobody is there to ask" },
  BAD_CONFIG: { exit: 2, text: "edge-ai.json or vercel.json is missing or wrong" },
  UNKNOWN_MODEL: { exit: 2, text: "neither catalogue, Hub nor files know the model" },
  BAD_NAME: { exit: 2, text: "the project name cannot be used" },
  TARGET_EXISTS: { exit: 2, text: "the folder to write already holds files" },
  FILE: { exit: 2, text: "a file could not be read or written" },
  NO_TEMPLATE: { exit: 2, text: "there is no template for that plan yet" },
  MISSING_PROGRAM: { exit: 2, text: "a program or package that is needed is not installed" },
  CHILD_FAILED: { exit: 2, text: "a program that was started failed" },
  BUILD_FAILED: { exit: 2, text: "the project could not be built" },
  TOO_LARGE: { exit: 2, text: "a function is over the platform's size limit" },
  PORT: { exit: 2, text: "the port cannot be used" },
  NO_TARGET: { exit: 2, text: "that target cannot do this" },
  UNKNOWN_DEPLOYMENT: { exit: 2, text: "there is no such deployment" },
  NO_KNOWN_GOOD: { exit: 2, text: "there is no earlier release to roll back to" },
  NOT_PROMOTABLE: { exit: 2, text: "that deployment cannot be made production" },
  NO_ACCESS: { exit: 2, text: "the platform refuses the token, or there is none" },
  PLATFORM: { exit: 2, text: "the platform refused, failed or did not answer in time" },
  PROTECTED: { exit: 2, text: "a login stands before the deployment, and there is no secret that lets through" },
  BUSY: { exit: 2, text: "another run has the project, or a program does not answer" },
  NOT_PRODUCTION: { exit: 1, text: "after a promotion, production is not the deployment that was promoted" },
  INTERNAL: { exit: 2, text: "a bug in edge-ai" },
} as const satisfies Record<string, { exit: 1 | 2; text: string }>;

export type ErrorCode = keyof typeof errorCodes;

/** An error the user can do something about: what happened with its values, and in `hint` what to do. */
export class CliError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "CliError";
    this.code = code;
    this.hint = options.hint;
  }
}

/** System errors that a user can do something about, and what. */
const systemHints: Readonly<Record<string, string>> = {
  ENOSPC: "free some space on that disk",
  EDQUOT: "free some space: your quota is used up",
  EROFS: "that file system is read-only: take a folder elsewhere",
  EACCES: "check the permissions",
  EPERM: "check the permissions",
};

/** The error that a user can do something about, if this is one: a CliError, a full or read-only disk, a permission. */
export function knownError(error: unknown): CliError | undefined {
  if (error instanceof CliError) return error;
  const hint = systemHints[systemCode(error) ?? ""];
  return hint === undefined ? undefined : new CliError("FILE", messageOf(error), { hint, cause: error });
}

/** Signals that end the work: Ctrl-C, `kill`, a terminal that is closed. */
export const signalNames = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type SignalName = (typeof signalNames)[number];

/** Exit codes after a signal: 128 and its number. */
export const signalExits = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const satisfies Record<SignalName, number>;
const signalWords = { SIGINT: "interrupted", SIGTERM: "terminated", SIGHUP: "hung up" } as const;

/** Thrown when a signal ended the work; becomes its exit code. */
export class Interrupted extends Error {
  readonly signalName: SignalName;

  constructor(signalName: SignalName) {
    super(signalWords[signalName]);
    this.name = "Interrupted";
    this.signalName = signalName;
  }
}

/** The exit code of work that a signal has ended, or null when none has. */
export function interruptedExit({ reason }: AbortSignal): number | null {
  return reason instanceof Interrupted ? signalExits[reason.signalName] : null;
}

/** The one sentence of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a Node.js system error ("ENOENT"), if it has one. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
