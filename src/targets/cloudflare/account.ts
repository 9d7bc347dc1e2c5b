import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../../config/schema.ts";
import { CliError, Interrupted, messageOf } from "../../errors.ts";
import type { Io } from "../../io.ts";
import { parse, type WorkerHosts } from "./answers.ts";
import type { WranglerCli } from "./cli.ts";
import { wranglerArgs } from "./command-lines.ts";
import { TOKEN_HINT } from "./failures.ts";
import type { WranglerJson } from "./wrangler-json.ts";

const API = "https://api.cloudflare.com/client/v4";
const TRIES = 3;
/** Longer after each try. */
const PAUSE_MS = 500;
const ONE_TRY_MS = 30_000;

/** The account a project goes to: edge-ai.json, CLOUDFLARE_ACCOUNT_ID, wrangler.jsonc, else the only one of the token. */
export async function readAccount(
  { env }: Pick<Io, "env">,
  { targets }: Pick<Config, "targets">,
  { account_id: inFile }: WranglerJson,
  cli: WranglerCli,
): Promise<string> {
  const inEnv = env["CLOUDFLARE_ACCOUNT_ID"];
  const named = targets.cloudflare?.accountId ?? (inEnv === "" ? undefined : inEnv) ?? inFile;
  if (named !== undefined) return named;
  const accounts = parse.accounts(await cli.output(wranglerArgs.whoami));
  const [first, second] = accounts;
  if (first !== undefined && second === undefined) return first.id;
  const found = accounts.length === 0 ? "no account" : `${accounts.length} accounts`;
  throw new CliError("NO_ACCESS", `the token reaches ${found}, and nothing says which one this project goes to`, {
    hint: 'say which one: "targets": { "cloudflare": { "accountId": "…" } } in edge-ai.json, or CLOUDFLARE_ACCOUNT_ID',
  });
}

/**
 * Where a Worker answers, the one thing wrangler has no command for; null when there is no such Worker.
 * @throws CliError NO_ACCESS, PLATFORM
 */
export async function askHosts(
  { env, signal }: Pick<Io, "env" | "signal">,
  cli: WranglerCli,
  { accountId, name }: { accountId: string; name: string },
): Promise<WorkerHosts | null> {
  const base = env["CLOUDFLARE_API_BASE_URL"] ?? API;
  const url = `${base}/accounts/${encodeURIComponent(accountId)}/workers/workers/${encodeURIComponent(name)}`;
  const given = env["CLOUDFLARE_API_TOKEN"] ?? "";
  const token = given === "" ? parse.token(await cli.output(wranglerArgs.token)) : given;
  const response = await ask(url, token, signal, Math.min(ONE_TRY_MS, cli.timeoutMs));
  if (response.status === 404) return null;
  if (response.status === 401 || response.status === 403) {
    throw new CliError("NO_ACCESS", `Cloudflare does not let this token see the Worker ${name} (${response.status})`, {
      hint: TOKEN_HINT,
    });
  }
  if (response.status !== 200) throw unanswered(name, `HTTP ${response.status}`);
  return parse.hosts(response.text);
}

async function ask(url: string, token: string, signal: AbortSignal, timeoutMs: number) {
  for (let n = 1; ; n++) {
    try {
      const response = await fetch(url, {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
      const text = await response.text();
      if (n === TRIES || (response.status < 500 && response.status !== 429)) return { status: response.status, text };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Interrupted) throw error;
      if (n === TRIES) throw unanswered(url.split("/").at(-1) ?? "", messageOf(error));
    }
    await sleep(n * PAUSE_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

function unanswered(name: string, why: string): CliError {
  return new CliError("PLATFORM", `Cloudflare did not say where the Worker ${name} answers: ${why}`, {
    hint: "it did not answer as it should, or limits how often it is asked (https://www.cloudflarestatus.com): run the same command again",
  });
}
