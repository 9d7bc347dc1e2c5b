import * as z from "zod";
import type { Config } from "../../config/schema.ts";
import { CliError, messageOf } from "../../errors.ts";
import { readWranglerJson } from "../../targets/cloudflare/wrangler-json.ts";
import type { ReadSignals, Signal } from "../types.ts";
import type { Asked, SignalContext } from "./asked.ts";

const TIMEOUT_MS = 30_000;
/** Where the real one is, and where a rehearsal says it is. */
const API = "https://api.cloudflare.com/client/v4";

/**
 * wrangler (4.150.0) has no command for analytics or the bill, so this asks the GraphQL API as it is documented:
 * https://developers.cloudflare.com/analytics/graphql-api/tutorials/querying-workers-metrics (read 2026-11-23). The types of
 * the variables are lower case there.
 */
const QUERY = `query GetWorkersAnalytics($accountTag: string, $datetimeStart: string, $datetimeEnd: string, $scriptName: string) {
  viewer { accounts(filter: {accountTag: $accountTag}) {
    workersInvocationsAdaptive(limit: 100, filter: {scriptName: $scriptName, datetime_geq: $datetimeStart, datetime_leq: $datetimeEnd}) {
      sum { requests errors }
    }
  } }
}`;

const row = z.looseObject({ sum: z.looseObject({ requests: z.number(), errors: z.number() }) });
const answerSchema = z.looseObject({
  data: z
    .looseObject({
      viewer: z.looseObject({ accounts: z.array(z.looseObject({ workersInvocationsAdaptive: z.array(row) })) }),
    })
    .nullish(),
  errors: z.array(z.looseObject({ message: z.string() })).nullish(),
});

/** Why these are missing: said, not left out. */
const NO_LATENCY =
  "Cloudflare's documented analytics have CPU time and not how long an answer took: own probes measure it";
export const NO_BILL = "neither wrangler nor a documented API says what a Worker costs this month";

/** What Cloudflare knows of the Worker: the share of its invocations that ended in an exception (a 500 it answers is none). */
export function cloudflareSignals({ io, projectDir, config }: SignalContext): ReadSignals {
  const { CLOUDFLARE_API_TOKEN: token = "", CLOUDFLARE_API_BASE_URL: base = API } = io.env;
  return async (windowMs) => {
    const { accountTag, scriptName } = await readWorker(io.env, projectDir, config);
    const now = new Date();
    const at = now.toISOString();
    const variables = {
      accountTag,
      scriptName,
      datetimeStart: new Date(now.getTime() - windowMs).toISOString(),
      datetimeEnd: at,
    };
    const asked = refusal(token, accountTag) ?? (await ask(`${base}/graphql`, token, variables, io.signal));
    return [
      errorRateSignal(asked, at),
      missing("p95Ms", "platform", NO_LATENCY, at),
      missing("p99Ms", "platform", NO_LATENCY, at),
      missing("monthlyCostUsd", "bill", NO_BILL, at),
    ];
  };
}

/** Where wrangler would release to, as far as it can be known without asking; the account "" when it cannot. */
async function readWorker(env: SignalContext["io"]["env"], projectDir: string, { name, targets }: Config) {
  const file = await readWranglerJson(projectDir).catch((error: unknown) => {
    if (error instanceof CliError) return null;
    throw error;
  });
  const { CLOUDFLARE_ACCOUNT_ID: inEnv = "" } = env;
  const named = targets.cloudflare;
  return {
    accountTag: named?.accountId ?? (inEnv === "" ? (file?.account_id ?? "") : inEnv),
    scriptName: named?.name ?? file?.name ?? name,
  };
}

interface Counts {
  requests: number;
  errors: number;
}

function refusal(token: string, accountTag: string): { missing: string } | null {
  if (token === "") return { missing: "CLOUDFLARE_API_TOKEN is not set (it needs Account Analytics: Read)" };
  return accountTag === ""
    ? { missing: "CLOUDFLARE_ACCOUNT_ID is not set, targets.cloudflare.accountId neither" }
    : null;
}

async function ask(url: string, token: string, variables: object, signal: AbortSignal): Promise<Asked<Counts>> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ query: QUERY, variables }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      // Nothing else is to get the token.
      redirect: "error",
    });
    if (!response.ok) return { missing: `Cloudflare's analytics answered ${response.status}` };
    return countsOf(answerSchema.safeParse(await response.json()));
  } catch (error) {
    signal.throwIfAborted();
    return { missing: `Cloudflare's analytics cannot be reached or read: ${messageOf(error)}` };
  }
}

function countsOf(read: z.ZodSafeParseResult<z.output<typeof answerSchema>>): Asked<Counts> {
  if (!read.success) return { missing: "what Cloudflare's analytics answered cannot be understood" };
  // An invalid query, or a token without the right, is a 200 with errors.
  const [error] = read.data.errors ?? [];
  if (error !== undefined) return { missing: `Cloudflare's analytics refused: ${error.message}` };
  const rows = read.data.data?.viewer.accounts.flatMap((account) => account.workersInvocationsAdaptive) ?? [];
  const sum = (of: keyof Counts): number => rows.reduce((all, each) => all + each.sum[of], 0);
  return { value: { requests: sum("requests"), errors: sum("errors") } };
}

function errorRateSignal(asked: Asked<Counts>, at: string): Signal {
  if ("missing" in asked) return missing("errorRate", "platform", asked.missing, at);
  const { requests, errors } = asked.value;
  if (requests === 0) {
    return { ...missing("errorRate", "platform", "no request reached the Worker in the window", at), samples: 0 };
  }
  return { metric: "errorRate", value: errors / requests, samples: requests, source: "platform", at };
}

function missing(metric: Signal["metric"], source: Signal["source"], why: string, at: string): Signal {
  return { metric, value: null, missing: why, samples: null, source, at };
}
