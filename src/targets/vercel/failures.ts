import { CliError, type ErrorCode } from "../../errors.ts";
import type { ExecResult } from "../../exec.ts";

interface Kind {
  said: RegExp;
  code: ErrorCode;
  hint: string;
}

/** How to give the CLI a token. */
export const TOKEN_HINT =
  "set VERCEL_TOKEN (https://vercel.com/account/settings/tokens), or run vercel login; without an account: edge-ai rehearse, or edge-ai deploy --prod --target local";

/** What the CLI says when it fails, and what that means. The first that fits counts; statuses are in brackets. */
const kinds: readonly Kind[] = [
  {
    said: /no existing credentials|not authenticated|token.*(not valid|contents are invalid)|\(401\)/i,
    code: "NO_ACCESS",
    hint: TOKEN_HINT,
  },
  {
    said: /multiple teams found/i,
    code: "NO_ACCESS",
    hint: 'say which one: "targets": { "vercel": { "scope": "<team>" } } in edge-ai.json',
  },
  {
    said: /\(403\)|forbidden|not authorized|do(es)? not have (access|permission)|scope does not exist|not have permission/i,
    code: "NO_ACCESS",
    hint: "check that VERCEL_TOKEN is valid and may use this team and project, and targets.vercel.scope in edge-ai.json",
  },
  {
    said: /\(429\)|rate.?limit|too many requests|very fast pace/i,
    code: "PLATFORM",
    hint: "Vercel limits how often it can be asked: wait a minute and run it again",
  },
  {
    said: /\(404\)|not (be )?found|can't find|there is no project/i,
    code: "PLATFORM",
    hint: "check targets.vercel.project and targets.vercel.scope in edge-ai.json, or VERCEL_PROJECT_ID and VERCEL_ORG_ID",
  },
  {
    said: /\(409\)|conflict|already the current/i,
    code: "PLATFORM",
    hint: "something else changes the project at the same time: run it again",
  },
  {
    said: /\(5\d\d\)|internal (server )?error|bad gateway|unavailable|ECONNRE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|fetch failed|socket hang up|network/i,
    code: "PLATFORM",
    hint: "Vercel did not answer as it should (https://www.vercel-status.com): run it again",
  },
];

/** As 60.1.3 fails when its connection is cut while it lists. */
const noNetwork = kinds.at(-1);

const LAST_LINES = 4;
/** Progress, which the terminal would have overwritten, and the banner. */
const NOISE =
  /^(npm (warn|notice)|WARNING! Did you mean to deploy the subdirectory|Vercel CLI |Retrieving |Deploying |Uploading |Queued|Building|Completing|Fetching |> Fetching |NOTE:|Learn More|.*https:\/\/vercel\.com\/feedback)/;

/** What a failed command of the CLI means for the user. */
export function failureOf(command: string, { exitCode, stderr }: ExecResult): CliError {
  const lines = linesOf(stderr);
  const text = lines.join("\n");
  const kind = text === "" ? noNetwork : kinds.find(({ said }) => said.test(text));
  const said = text === "" ? "it said nothing, as it does without a network" : lines.slice(-LAST_LINES).join("\n");
  return new CliError(kind?.code ?? "PLATFORM", `vercel ${command} exited with ${exitCode}: ${said}`, {
    hint: kind?.hint ?? "run the same command again; what was staged already is used again",
  });
}

/**
 * Whether a command failed because the deployment, project or variables it asked for do not exist. In the words of the API
 * and of `inspect` alone: a shell and npm also say "not found", and a team that is not there is another matter.
 */
export function isNotFound({ exitCode, stderr }: ExecResult): boolean {
  return (
    exitCode !== 0 &&
    linesOf(stderr).some((line) => line.startsWith("Error: ") && MISSING.test(line) && !/team|scope/i.test(line))
  );
}

const MISSING = /\(404\)$|can't find the deployment "/i;

/** The lines of the CLI's stderr that tell something, without colours. */
export function linesOf(stderr: string): string[] {
  // oxlint-disable-next-line no-control-regex -- the escape character is what it looks for
  const plain = stderr.replaceAll(/\u001B\[[0-9;]*[A-Za-z]/g, "");
  return plain
    .split(/[\n\r]/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !NOISE.test(line));
}
