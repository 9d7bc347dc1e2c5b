import { CliError, type ErrorCode } from "../../errors.ts";
import type { ExecResult } from "../../exec.ts";

interface Kind {
  said: RegExp;
  code: ErrorCode;
  hint: string;
}

/** How to give wrangler a token. */
export const TOKEN_HINT =
  "set CLOUDFLARE_API_TOKEN (https://dash.cloudflare.com/profile/api-tokens, template Edit Cloudflare Workers), or run wrangler login; without an account: edge-ai rehearse --target cloudflare";

const SAME_AGAIN = "run the same command again: what was uploaded already is used again";

/** What wrangler says when it fails, and what that means. The first that fits counts. */
const kinds: readonly Kind[] = [
  {
    said: /not logged in|"loggedIn":\s*false|not authenticated|CLOUDFLARE_API_TOKEN environment variable|\[code: (10000|10001|9109|6003|6111)\]|authentication error|unable to authenticate|invalid access token/i,
    code: "NO_ACCESS",
    hint: `check that the token is valid and may edit Workers of this account: ${TOKEN_HINT}`,
  },
  {
    said: /more than one account available/i,
    code: "NO_ACCESS",
    hint: 'say which one: "targets": { "cloudflare": { "accountId": "…" } } in edge-ai.json, or CLOUDFLARE_ACCOUNT_ID',
  },
  {
    said: /\[code: 10021\]/,
    code: "PLATFORM",
    hint: "a Worker has 1 second to start: do less when a module is imported (https://developers.cloudflare.com/workers/platform/limits/)",
  },
  {
    said: /\[code: 10027\]/,
    code: "TOO_LARGE",
    hint: "a Worker may have 64 MiB: edge-ai build --target cloudflare names the largest parts",
  },
  {
    said: /\[code: 10057\]/,
    code: "BAD_CONFIG",
    hint: "put the value into .env.local, or run wrangler secret put; edge-ai env check --target cloudflare lists them all",
  },
  {
    said: /register a workers\.dev subdomain/i,
    code: "PLATFORM",
    hint: "register a workers.dev subdomain on dash.cloudflare.com (Workers & Pages), once for the account",
  },
  {
    said: /\[code: 971\]|\b429\b|rate.?limit|throttl|too many requests/i,
    code: "PLATFORM",
    hint: "Cloudflare limits how often it can be asked: wait a minute and run it again",
  },
  {
    said: /\[code: 10041\]|\b409\b|conflict|another change/i,
    code: "PLATFORM",
    hint: "something else changes the Worker at the same time: run it again",
  },
  {
    said: /\[code: (10007|10090)\]|not found|does not exist/i,
    code: "PLATFORM",
    hint: "check targets.cloudflare.name and targets.cloudflare.accountId in edge-ai.json",
  },
  {
    said: /\[code: 10013\]|\b5\d\d\b|bad gateway|unavailable|internal|malformed response|fetch failed|ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|socket|network|other side closed/i,
    code: "PLATFORM",
    hint: `Cloudflare did not answer as it should (https://www.cloudflarestatus.com): ${SAME_AGAIN}`,
  },
];

const LAST_LINES = 4;
/** Banners, frames and advice that say nothing about a failure. */
const NOISE =
  /^(npm (warn|notice)|⛅|🪵|─|│|┌|└|├|📎|👋|ℹ|🔓|🌀|Getting User settings|Please ensure it has|If you think this is a bug|Logs were written|Total Upload|Worker Startup Time|wrangler \d)/u;

/** What a failed command of wrangler means for the user. */
export function failureOf(command: string, { exitCode, stdout, stderr }: ExecResult): CliError {
  // Some of its errors go to stdout.
  const lines = linesOf(stderr).length === 0 ? linesOf(stdout) : linesOf(stderr);
  const text = lines.join("\n");
  const kind = kinds.find(({ said }) => said.test(text));
  const said = text === "" ? "it said nothing" : lines.slice(0, LAST_LINES).join("\n");
  return new CliError(kind?.code ?? "PLATFORM", `wrangler ${command} exited with ${exitCode}: ${said}`, {
    hint: kind?.hint ?? SAME_AGAIN,
  });
}

/** Whether a command failed because the Worker or version it asked for is not there. */
export function isNotFound({ exitCode, stderr }: ExecResult): boolean {
  return (
    exitCode !== 0 &&
    /\[code: (10007|10090|10092|10219|100146)\]|Worker ".*" not found/.test(linesOf(stderr).join("\n"))
  );
}

/** The lines of wrangler's output that tell something, without colours. */
function linesOf(output: string): string[] {
  return (
    output
      // oxlint-disable-next-line no-control-regex -- the escape character is what it looks for
      .replaceAll(/\u001B\[[0-9;]*[A-Za-z]/g, "")
      .split(/[\n\r]/)
      .map((line) => line.trim())
      .filter((line) => line !== "" && !NOISE.test(line))
  );
}
