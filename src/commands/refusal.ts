import { CliError } from "../errors.ts";
import { say, type Io } from "../io.ts";
import { openProject, preflight } from "../release/preflight.ts";
import { sizesCheck } from "../release/preflight/sizes.ts";
import type { Refusal } from "../release/smoke.ts";

/**
 * Errors of the preflight refuse the release; warnings are said.
 * @throws CliError when the errors are not about the release, but about where it is to run
 */
export async function refusalOf(
  io: Io,
  projectDir: string,
  asked: Parameters<typeof openProject>[2],
): Promise<Refusal | null> {
  const findings = await preflight(await openProject(io, projectDir, asked));
  for (const { check, message } of findings.filter(({ level }) => level === "warning"))
    say(io, `  warning: ${check}: ${message}`);
  // Sizes are those of the last build; this deploy makes a new one, and refuses it itself when it is too large.
  const errors = findings.filter(({ check, level }) => level === "error" && check !== sizesCheck.title);
  const [first] = errors;
  if (first === undefined) return null;
  const unable = errors.find(({ code }) => code !== undefined);
  if (unable?.code !== undefined) throw new CliError(unable.code, unable.message, { hint: unable.hint });
  return {
    cause: "preflight",
    message: errors.map(({ check, message }) => `${check}: ${message}`).join("\n"),
    hint: first.hint,
  };
}
