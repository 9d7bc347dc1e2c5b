// create-edge-ai 0.1.0
import type { Call } from "./call.ts";
import { brokenAs, Fault, faultOfStatus } from "./fault.ts";
import { HttpError, isRecord, parseJson, readBytes } from "./http.ts";
import { retryAfterMs } from "./retry.ts";
import type { Target } from "./targets.ts";

/** One request to one target. */
export interface Attempt {
  call: Call;
  target: Target;
  /** Ends the request, and what of its answer is still to come. Its reason is why: a Fault, or that the caller left. */
  abort: AbortController;
}

/** What to send, and how to read the answer. */
export interface Order<T> {
  path: "/chat/completions" | "/embeddings";
  body(target: Target): object;
  /**
   * Reads a 2xx answer until it is sure to be a good one: nothing after that is sent to another target.
   * @throws Fault when it is none
   */
  read(response: Response, attempt: Attempt): Promise<T>;
}

/** The caller's own fault: no other target would take it either. */
const CALLERS_FAULT = new Set([400, 413, 422]);
const MAX_ERROR_BYTES = 65_536;
const MAX_MESSAGE_CHARACTERS = 500;

/**
 * Sends an order to a target, once.
 * @param limitMs until `read` is done
 * @throws Fault when the target did not serve it; HttpError when the caller has to change something
 */
export async function send<T>(call: Call, order: Order<T>, target: Target, limitMs: number): Promise<T> {
  const abort = new AbortController();
  const leave = (): void => abort.abort(call.signal.reason);
  call.signal.addEventListener("abort", leave);
  const timer = setTimeout(() => abort.abort(new Fault("upstream_timeout")), limitMs);
  try {
    const response = await fetch(urlOf(target, order.path), {
      method: "POST",
      headers: headersFor(target),
      body: JSON.stringify(order.body(target)),
      // The caller's text, and our key, are for this host only. (Cloudflare has no "error".)
      redirect: "manual",
      signal: abort.signal,
    }).catch(brokenAs("upstream_unreachable"));
    if (CALLERS_FAULT.has(response.status)) throw await refusal(response, target);
    if (!response.ok) throw faultOfStatus(response.status, retryAfterMs(response.headers));
    return await order.read(response, { call, target, abort });
  } catch (error) {
    abort.abort();
    throw error;
  } finally {
    clearTimeout(timer);
    // A stream goes on; of other calls there may be many to one signal.
    if (!call.isStreaming) call.signal.removeEventListener("abort", leave);
  }
}

/** Where a path of the API is at a target. People write base URLs with and without a slash at the end. */
export function urlOf({ baseUrl }: Target, path: string): string {
  return `${baseUrl.replace(/\/+$/, "")}${path}`;
}

/** The headers of a request to a target. Nothing of the caller's is passed on. */
export function headersFor({ apiKey, headers }: Target): Record<string, string> {
  return { "content-type": "application/json", ...(apiKey && { authorization: `Bearer ${apiKey}` }), ...headers };
}

/** What the target says is wrong with the request, in its words: they are about what the caller sent. */
async function refusal(response: Response, target: Target): Promise<HttpError> {
  const tooLong = (): Fault => new Fault("upstream_bad_answer", String(response.status));
  const bytes = await readBytes(response.body, MAX_ERROR_BYTES, tooLong).catch(brokenAs("upstream_cut"));
  const body = parseJson(bytes.toString());
  const error = isRecord(body) ? (body["error"] ?? body) : {};
  const { message, code } = isRecord(error) ? error : { message: error };
  const said = typeof message === "string" && message !== "" ? withoutSecrets(message, target) : "the model refused it";
  const isCode = typeof code === "string" && /^[a-z][a-z0-9_]{2,49}$/.test(code);
  return new HttpError(response.status, isCode ? code : "invalid_request", said);
}

/** What looks like a URL, an address or a key. Parameters and names of models, which have fewer digits, stay readable. */
const SECRETS =
  /\b[a-z][a-z0-9+.-]*:\/\/\S+|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b|\bbearer\s+\S+|\b(?:sk|pk|rk|hf|gsk|xai|nvapi)[-_][\w*-]{6,}|\b(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{32,}/gi;

function withoutSecrets(message: string, { apiKey, baseUrl }: Target): string {
  const own = [apiKey ?? "", baseUrl, new URL(baseUrl).host].filter((each) => each !== "");
  const cleaned = own.reduce((text, secret) => text.replaceAll(secret, "…"), message);
  return cleaned.replaceAll(SECRETS, "…").slice(0, MAX_MESSAGE_CHARACTERS);
}
