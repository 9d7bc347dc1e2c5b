import { randomUUID } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { messageOf, systemCode } from "./errors.ts";
import { say, type Io } from "./io.ts";
import { redact, secretValues } from "./secrets.ts";

/** What a step of a workflow leaves behind. */
export interface StepReport {
  markdown: string;
  /** Outputs of the step; one that is null or undefined is left out. */
  outputs: Readonly<Record<string, string | null | undefined>>;
}

/**
 * Hands a report to GitHub Actions: the job's summary, the outputs of the step, and .edge-ai/report.md, whose path is the
 * output `report`. Outside of a workflow only the file is written. What goes wrong here is said and no more: the answer
 * of the command is the release's.
 */
export async function reportToGitHub(io: Io, { markdown, outputs }: StepReport): Promise<void> {
  // GitHub masks secrets in logs, not in what ends up in a comment.
  const secrets = secretValues(io.env);
  const report = redact(markdown, secrets);
  const file = path.join(io.cwd, ".edge-ai", "report.md");
  const isWritten = await attempt(io, async () => {
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(file, `${report}\n`);
  });
  const lines = Object.entries({ ...outputs, report: isWritten ? file : null }).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [outputLine(name, redact(value, secrets), randomUUID())],
  );
  await append(io, "GITHUB_OUTPUT", lines.join(""));
  await append(io, "GITHUB_STEP_SUMMARY", `${report}\n`);
}

/**
 * An output as the runner reads it. Text of several lines stands between two delimiters, which must not be guessable:
 * who could write one into the text would write outputs of their own after it.
 */
export function outputLine(name: string, value: string, delimiter: string): string {
  if (!/^[\w-]+$/.test(name)) throw new Error(`${JSON.stringify(name)} cannot be the name of an output`);
  if (!/[\r\n]/.test(value)) return `${name}=${value}\n`;
  if (value.includes(delimiter)) throw new Error("the text holds its own delimiter");
  return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
}

async function append(io: Io, variable: string, text: string): Promise<void> {
  const file = io.env[variable];
  if (file === undefined || file === "") return;
  await attempt(io, () => fs.appendFile(file, text));
}

/** @returns whether it went well; when the file system did not let us, why is said */
async function attempt(io: Io, write: () => Promise<void>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    say(io, `warning: the report for GitHub is not whole: ${messageOf(error)}`);
    return false;
  }
}
