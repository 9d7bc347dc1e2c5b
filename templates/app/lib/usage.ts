// create-edge-ai 0.1.0
import type { Call, Option } from "./call.ts";
import { HttpError } from "./http.ts";
import { requestIdHeader, waitUntil } from "./platform.ts";
import { reportOn } from "./reports.ts";
import { CALLER_LEFT } from "./caller-left.ts";
import { costUsd } from "./target-facts.ts";

/**
 * Of this instance since it started. The log lines are the record; this is a glance. `unpriced`: answers that nobody knows
 * the cost of; they are not in `costUsd`.
 */
const sum = {
  requests: 0,
  errors: 0,
  cached: 0,
  left: 0,
  promptTokens: 0,
  completionTokens: 0,
  images: 0,
  costUsd: 0,
  unpriced: 0,
};
reportOn("usage", () => ({ ...sum, costUsd: rounded(sum.costUsd) }));

/** What the caller got: a stream that failed later still began with 200. */
interface Outcome {
  status: number;
  errorCode: string | null;
}

/**
 * One line of JSON for each request, on stdout, when its last byte is sent: figures and names, never a text, a key or a
 * URL. Any log drain can add them up.
 */
export const usage: Option = {
  name: "usage",
  async run(call, next) {
    let outcome: Outcome = { status: 500, errorCode: "internal_error" };
    waitUntil(call.ended.then(() => write(call, outcome)));
    try {
      const response = await next(call);
      outcome = { status: response.status, errorCode: null };
      return response;
    } catch (error) {
      if (error instanceof HttpError) outcome = { status: error.status, errorCode: error.code };
      throw error;
    }
  },
};

function write(call: Call, outcome: Outcome): void {
  const { target, attempts, promptTokens, completionTokens, images, imagesUsd, firstContentMs, isCached } = call.facts;
  const usd = images === null ? costUsd(target, promptTokens, completionTokens) : imagesUsd;
  const errorCode = outcome.errorCode ?? call.facts.errorCode;
  const line = {
    type: "usage",
    route: new URL(call.request.url).pathname,
    // The platform's name of the request: the same as in its own logs, and in the answer's headers.
    requestId: call.request.headers.get(requestIdHeader),
    caller: call.caller,
    status: outcome.status,
    errorCode,
    target,
    attempts,
    promptTokens,
    completionTokens,
    images,
    costUsd: isCached ? 0 : rounded(usd),
    firstContentMs: whole(firstContentMs),
    totalMs: whole(performance.now() - call.arrivedMs),
    cached: isCached,
    // Not every platform tells a function so; a stream notices by itself.
    left: call.signal.aborted || errorCode === CALLER_LEFT,
  };
  console.log(JSON.stringify(line));
  sum.requests += 1;
  sum.errors += errorCode === null || line.left ? 0 : 1;
  sum.cached += isCached ? 1 : 0;
  sum.left += line.left ? 1 : 0;
  sum.promptTokens += promptTokens ?? 0;
  sum.completionTokens += completionTokens ?? 0;
  sum.images += images ?? 0;
  sum.costUsd += line.costUsd ?? 0;
  sum.unpriced += line.costUsd === null && (promptTokens ?? images) !== null ? 1 : 0;
}

function whole(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms);
}

/** To a billionth of a dollar: a token costs at least about 10 of them, and sums of floats end in noise. */
function rounded(usd: number): number;
function rounded(usd: number | null): number | null;
function rounded(usd: number | null): number | null {
  return usd === null ? null : Number(usd.toFixed(9));
}
