import * as z from "zod";
import { CliError, Interrupted, messageOf } from "../../errors.ts";
import { VercelCli } from "../../targets/vercel/cli.ts";
import { failureOf } from "../../targets/vercel/failures.ts";
import { readLink } from "../../targets/vercel/link.ts";
import type { Asked, SignalContext } from "./asked.ts";

/** A round of the monitor cannot wait for the CLI's own retries, which take up to 2 minutes. */
const QUERY_TIMEOUT_MS = 30_000;
/** Longest reason that is kept of an answer. */
const MAX_REASON = 200;

/** How the CLI fails with --json (58.4.4): the document is on stdout, and stderr is empty. */
const errorSchema = z.looseObject({ error: z.looseObject({ code: z.string(), message: z.string() }) });

/**
 * Runs a `vercel` command that only asks, and reads its JSON.
 * @param args without scope; the project's is added where one is known
 * @returns the answer, or in a sentence why there is none; only an interrupt is thrown
 */
export async function askVercel<S extends z.ZodType>(
  { io, projectDir, config }: SignalContext,
  args: (project: string) => readonly string[],
  schema: S,
): Promise<Asked<z.output<S>>> {
  try {
    const { project, scope } = await readLink(io.env, projectDir, config);
    const cli = new VercelCli(io, projectDir, { timeoutMs: QUERY_TIMEOUT_MS });
    const asked = args(project);
    const result = await cli.run(scope === null ? asked : [...asked, "--scope", scope]);
    const answer = parseJson(result.stdout);
    if (result.exitCode === 0) return readAnswer(schema, answer, asked[0] ?? "");
    const refused = errorSchema.safeParse(answer);
    return {
      missing: refused.success
        ? short(`vercel ${asked[0]}: ${refused.data.error.message}`)
        : short(failureOf(asked[0] ?? "", result).message),
    };
  } catch (error) {
    if (error instanceof Interrupted || io.signal.aborted) throw error;
    if (error instanceof CliError) return { missing: short(error.message) };
    throw error;
  }
}

function readAnswer<S extends z.ZodType>(schema: S, answer: unknown, command: string): Asked<z.output<S>> {
  const read = schema.safeParse(answer);
  if (read.success) return { value: read.data };
  const [issue] = read.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "it" : issue.path.join(".");
  return { missing: short(`what vercel ${command} printed cannot be understood: ${where}: ${issue?.message ?? ""}`) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Judged by the schema, which says that it is not what was expected.
    return messageOf(error);
  }
}

/** One line, and no longer than a line of a report may be. */
function short(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= MAX_REASON ? line : `${line.slice(0, line.lastIndexOf(" ", MAX_REASON))} …`;
}
