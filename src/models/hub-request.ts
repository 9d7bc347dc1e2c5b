import { setTimeout as sleep } from "node:timers/promises";
import { CliError, messageOf } from "../errors.ts";
import type { Hub } from "./hub-endpoint.ts";

const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Statuses after which the same request may well succeed. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
/** Nobody watches a program that waits longer than this; then it is better to say when to come back. */
const MAX_RETRY_AFTER_MS = 60_000;

/** Something that may be over at the next try. */
export class Transient extends Error {
  readonly retryAfterMs: number | null;

  constructor(message: string, options: { retryAfterMs?: number | null; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "Transient";
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/**
 * Sends a GET and follows redirects by hand: the token goes to the Hub's own origin and, once a redirect has led away
 * from it, to nobody (not even back).
 * @returns an answer that can be used: 2xx
 * @throws Transient when another try may help; CliError UNKNOWN_MODEL, NO_ACCESS or PLATFORM when not
 */
export async function getFromHub(
  hub: Hub,
  path: string,
  options: { signal: AbortSignal; headers?: Readonly<Record<string, string>>; what: string },
): Promise<Response> {
  const { signal, headers = {}, what } = options;
  let url = new URL(`${hub.url}${path}`);
  let token = hub.token;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    if (url.origin !== new URL(hub.url).origin) token = null;
    const authorization: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
    const response = await send(url, { ...headers, ...authorization }, signal);
    if (!REDIRECTS.has(response.status)) {
      if (response.ok) return response;
      await response.body?.cancel();
      throw refusalOf(response, hub, what);
    }
    await response.body?.cancel();
    url = nextUrl(url, response.headers.get("location"), what);
  }
  throw new CliError("PLATFORM", `${what}: more than ${MAX_REDIRECTS} redirects`, { hint: "look at HF_ENDPOINT" });
}

async function send(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  try {
    // A compressed body would have another length than the one that is checked.
    return await fetch(url, { headers: { "accept-encoding": "identity", ...headers }, redirect: "manual", signal });
  } catch (error) {
    signal.throwIfAborted();
    throw new Transient(`${url.host} cannot be reached: ${reasonOf(error)}`, { cause: error });
  }
}

/** fetch says "fetch failed" and hides why. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? messageOf(error.cause) : messageOf(error);
}

function nextUrl(from: URL, location: string | null, what: string): URL {
  const to = location !== null && URL.canParse(location, from.href) ? new URL(location, from) : null;
  const safe = to !== null && (to.protocol === "https:" || to.protocol === from.protocol);
  if (to !== null && safe) return to;
  throw new CliError("PLATFORM", `${what}: ${from.host} redirects to nowhere, or to an address without encryption`, {
    hint: "look at HF_ENDPOINT",
  });
}

function refusalOf({ status, headers }: Response, hub: Hub, what: string): Error {
  const { host } = new URL(hub.url);
  const retryAfterMs = parseRetryAfter(headers.get("retry-after"));
  if (PASSING.has(status) && (retryAfterMs ?? 0) <= MAX_RETRY_AFTER_MS) {
    return new Transient(`${what}: ${host} answers ${status}`, { retryAfterMs });
  }
  if (status === 401 || status === 403) return noAccess(status, hub, what);
  if (status === 404 || status === 410) {
    return new CliError("UNKNOWN_MODEL", `${what}: ${host} does not have it (${status})`, {
      hint: "look at the name, the revision and the dtype",
    });
  }
  const later = retryAfterMs === null ? "try again later" : `try again in ${Math.ceil(retryAfterMs / 1_000)} s`;
  return new CliError("PLATFORM", `${what}: ${host} answers ${status}`, { hint: later });
}

/** The Hub says 401 also of what does not exist, so that nobody learns which private models there are. */
function noAccess(status: number, { url, token }: Hub, what: string): CliError {
  const { host } = new URL(url);
  return new CliError("NO_ACCESS", `${what}: ${host} refuses (${status})`, {
    hint:
      token === null
        ? "look at the name; a private or gated model needs a token in HF_TOKEN"
        : "look at the name; accept the model's terms on its page, or take another token in HF_TOKEN",
  });
}

/** Seconds or a date → milliseconds from now. */
function parseRetryAfter(value: string | null, nowMs = Date.now()): number | null {
  if (value === null) return null;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - nowMs;
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

export interface RetryOptions {
  signal: AbortSignal;
  /** Pause before the second try; it doubles with each. */
  backoffMs: number;
  tries: number;
}

/**
 * Tries until it works, or as often as is sensible.
 * @param attempt throws Transient for what may be over at the next try
 * @param onFailure says how many failures to count: fewer when the try got further
 * @throws CliError PLATFORM when no try worked; whatever else `attempt` throws
 */
export async function tryAgain<T>(
  attempt: () => Promise<T>,
  { signal, backoffMs, tries }: RetryOptions,
  onFailure: (failure: Transient, failures: number) => number = (_failure, failures) => failures,
): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Transient)) throw error;
      failures = onFailure(error, failures);
      if (failures >= tries) throw gaveUp(error, tries);
      const pauseMs = error.retryAfterMs ?? backoffMs * 2 ** (failures - 1);
      await sleep(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

function gaveUp(error: Transient, tries: number): CliError {
  return new CliError("PLATFORM", `${error.message}${tries > 1 ? ` (tried ${tries} times)` : ""}`, {
    hint: "try again: what has arrived is kept; or name another Hub in HF_ENDPOINT, or put the files of the model into its folder yourself (README.md of the app says which)",
    cause: error,
  });
}
