import { randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { CliError, messageOf, systemCode } from "../errors.ts";
import { reportToGitHub } from "../github.ts";
import { baselineOf } from "../health/baseline.ts";
import type { HealthResult } from "../health/check.ts";
import { healthDocumentSchema } from "../health/document.ts";
import type { HealthPlan } from "../health/plan.ts";
import { reportGithub } from "../health/reports/github.ts";
import { reportHtml } from "../health/reports/html.ts";
import { reportJunit } from "../health/reports/junit.ts";
import { say, type Io } from "../io.ts";
import { redact, redactAnswer } from "../secrets.ts";

/** Where else a result goes. */
export interface ReportFlags {
  save?: string;
  junit?: string;
  html?: string;
  github?: boolean;
}

const fileFlags = ["save", "junit", "html"] as const;

/**
 * Finds out before anything is sent whether the reports can be written: a run is not repeated for a typing error.
 * @throws CliError FILE
 */
export async function refuseUnwritable(io: Io, flags: ReportFlags): Promise<void> {
  for (const flag of fileFlags) {
    const file = flags[flag];
    if (file === undefined) continue;
    const dir = path.dirname(path.resolve(io.cwd, file));
    try {
      await fs.access(dir, fs.constants.W_OK);
      if (await isFolder(path.resolve(io.cwd, file))) throw new Error(`${file} is a folder`);
    } catch (error) {
      throw unwritable(`--${flag} ${file}`, error);
    }
  }
}

/**
 * Writes every report that was asked for, each whole or not at all.
 * @param result without secrets (see `masked`)
 * @throws CliError FILE
 */
export async function writeReports(io: Io, flags: ReportFlags, result: HealthResult, plan: HealthPlan): Promise<void> {
  const texts = {
    save: () => JSON.stringify(baselineOf(result, plan)),
    junit: () => reportJunit(result),
    html: () => reportHtml(result),
  } satisfies Record<(typeof fileFlags)[number], () => string>;
  for (const flag of fileFlags) {
    const file = flags[flag];
    if (file !== undefined) await replace(path.resolve(io.cwd, file), `${texts[flag]().trimEnd()}\n`);
  }
  if (flags.github !== true) return;
  const { markdown, annotations, outputs } = reportGithub(result);
  for (const line of annotations) say(io, line);
  await reportToGitHub(io, { markdown, outputs });
}

/** The result without secrets, before it is rendered: escapes and line breaks would hide them from a mask of the text. */
export function masked({ document, samples, ...rest }: HealthResult, secrets: readonly string[]): HealthResult {
  const mask = (text: string): string => redact(text, secrets);
  const firstFailure = new Map(
    [...samples.firstFailure].map(([cause, { text, requestId }]) => [
      cause,
      { text: mask(text), requestId: requestId === null ? null : mask(requestId) },
    ]),
  );
  return {
    ...rest,
    samples: { ...samples, probes: samples.probes.map(mask), firstFailure },
    document: healthDocumentSchema.parse(JSON.parse(redactAnswer(JSON.stringify(document), secrets))),
  };
}

async function isFolder(file: string): Promise<boolean> {
  return (await fs.stat(file).catch(() => null))?.isDirectory() === true;
}

async function replace(file: string, text: string): Promise<void> {
  const next = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await fs.writeFile(next, text, { flag: "wx" });
    await fs.rename(next, file);
  } catch (error) {
    await fs.rm(next, { force: true }).catch(() => undefined);
    if (systemCode(error) === undefined) throw error;
    throw unwritable(file, error);
  }
}

function unwritable(what: string, error: unknown): CliError {
  return new CliError("FILE", `${what} cannot be written: ${messageOf(error)}`, {
    hint: "give a file in a folder that exists and may be written to",
    cause: error,
  });
}
