import { CliError, messageOf, type ErrorCode } from "../../errors.ts";
import type { Project } from "./project.ts";

/** Something that is wrong with a project. An error stops a deploy; a warning does not. */
export interface Finding {
  /** Title of the check. */
  check: string;
  level: "error" | "warning";
  message: string;
  hint: string;
  /** Set when nothing is wrong with the release itself: with it, a deploy cannot run. */
  code?: ErrorCode;
}

export interface Check {
  title: string;
  /** Never rejects, but when a signal ended the run: a check that breaks is a finding too. */
  run(project: Project): Promise<Finding[]>;
}

/** A finding whose check is clear from where it is. */
export type Problem = Omit<Finding, "check">;

/** Makes a check of a function that looks for problems. */
export function defineCheck(title: string, inspect: (project: Project) => Promise<Problem[]> | Problem[]): Check {
  return {
    title,
    async run(project) {
      try {
        return (await inspect(project)).map((problem) => ({ check: title, ...problem }));
      } catch (error) {
        project.io.signal.throwIfAborted();
        return [{ check: title, ...toProblem(error) }];
      }
    },
  };
}

/** What was thrown, as an error of the project. */
export function toProblem(error: unknown): Problem {
  if (error instanceof CliError)
    return {
      level: "error",
      message: error.message,
      hint: error.hint ?? "correct it and run edge-ai doctor again",
      code: error.code,
    };
  return {
    level: "error",
    message: `the check could not finish: ${messageOf(error)}`,
    hint: "this is a bug in edge-ai: please report it with the line above",
  };
}
