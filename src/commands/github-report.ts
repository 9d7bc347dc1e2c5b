import { CliError, Interrupted, knownError, messageOf } from "../errors.ts";
import { reportToGitHub } from "../github.ts";
import type { Io } from "../io.ts";
import { deployMarkdown, errorMarkdown, switchMarkdown } from "../release/report-markdown.ts";
import type { DeployDocument } from "../release/document.ts";
import type { SwitchDocument } from "../release/switch.ts";
import { redactAnswer, secretValues } from "../secrets.ts";

/** Reports a release to the step of the workflow that runs it, when `--github` asks for that; errors too, which fly on. */
export async function withGitHubReport<T extends DeployDocument | SwitchDocument>(
  io: Io,
  github: boolean | undefined,
  run: () => Promise<T>,
): Promise<T> {
  if (github !== true) return run();
  const document = await run().catch(async (error: unknown) => {
    if (error instanceof Interrupted) throw error;
    const known = knownError(error) ?? new CliError("INTERNAL", messageOf(error), { cause: error });
    const { code, message, hint = "" } = masked(io, { code: known.code, message: known.message, hint: known.hint });
    await reportToGitHub(io, { markdown: errorMarkdown({ code, message, hint }), outputs: { outcome: "error" } });
    throw error;
  });
  await reportToGitHub(io, reportOf(masked(io, document)));
  return document;
}

function reportOf(document: DeployDocument | SwitchDocument): Parameters<typeof reportToGitHub>[1] {
  const outputs = {
    url: document.deployment?.url,
    "production-url": document.productionUrl,
    outcome: document.outcome,
  };
  return { markdown: "stagesMs" in document ? deployMarkdown(document) : switchMarkdown(document), outputs };
}

/** Before it becomes Markdown, whose escapes would hide a secret from the mask. */
function masked<T extends object>(io: Io, document: T): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a mask changes no more than text within strings
  return JSON.parse(redactAnswer(JSON.stringify(document), secretValues(io.env))) as T;
}
