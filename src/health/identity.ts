import { causes, unreachableCauses } from "./requests/causes.ts";
import { causeOfError, describeStatus, isLoginPage, isSingleSignOn } from "./requests/classify.ts";
import type { Exchange } from "./requests/exchange.ts";
import { isRecord } from "./requests/expect.ts";
import { ageSeconds, isCached, text, type ResponseHeaders } from "./requests/headers.ts";
import { HEALTH_PATH } from "./requests/probes.ts";

/** Who answers at a URL, from its health document. A version 1 document without an id has null there. */
export interface App {
  buildId: string | null;
  modelId: string | null;
}

/** Why a URL is not measured: it cannot be reached, or something else than the app answers. */
export const refusalCauses = [
  ...unreachableCauses,
  "protected",
  "login-page",
  "wrong-app",
  "wrong-build",
  "server-error",
] as const;

export type RefusalCause = (typeof refusalCauses)[number];

export interface Refusal {
  cause: RefusalCause;
  message: string;
  hint: string;
  /** It may yet get better: worth asking again until this long after the first try. */
  patienceMs: number;
  /** Only the health document's route says so: another route of the origin may be fine. */
  routeOnly: boolean;
}

export type Identity =
  /** `warning`: why the document may not be the running app's own word; null when nothing speaks for that. */
  { kind: "app"; app: App; warning: string | null } | { kind: "refusal"; refusal: Refusal };

/**
 * A deployment that was just made can refuse, fail to resolve or answer 5xx for a moment; one that is not there does so
 * for ever. So a clear no is believed after 5 s; silence, which a slow cold start is too, only when the caller's own
 * limit is over. A bad certificate or somebody else's page does not heal.
 */
const CLEAR_NO_MS = 5_000;

/** How long each may yet get better, in ms. */
const patience = {
  dns: CLEAR_NO_MS,
  refused: CLEAR_NO_MS,
  tls: 0,
  reset: CLEAR_NO_MS,
  dropped: CLEAR_NO_MS,
  truncated: CLEAR_NO_MS,
  "connect-timeout": Infinity,
  "first-byte-timeout": Infinity,
  "idle-timeout": Infinity,
  timeout: Infinity,
  protocol: 0,
} as const satisfies Partial<Record<RefusalCause, number>>;

/** Reads the answer to GET /api/health. */
export function readIdentity(result: Exchange): Identity {
  const { status, headers, error } = result;
  if (error !== null || status === null) return { kind: "refusal", refusal: unreachableBecause(result) };
  const page = result.body.toString("utf8");
  if (isProtected(result, page)) return { kind: "refusal", refusal: protectedBy(result, page) };
  if (status >= 500) return { kind: "refusal", refusal: sick(result) };
  const isJson = /^application\/([\w.+-]+\+)?json\b/i.test(text(headers["content-type"]));
  const app = status === 200 && isJson ? parseApp(page, headers) : undefined;
  return app ?? { kind: "refusal", refusal: wrongApp(result) };
}

/**
 * Does the app that answered have the build that was asked for?
 * @param warning of the identity: an old document from a cache explains an old build
 * @returns the refusal if not
 */
export function wrongBuild(app: App | null, expected: string, warning: string | null = null): Refusal | null {
  if (app?.buildId === expected) return null;
  const answers = `the build that answers is ${app?.buildId ?? "unknown"}, not ${expected}`;
  return {
    cause: "wrong-build",
    message: warning === null ? answers : `${answers}; ${warning}`,
    hint: causes["wrong-build"].remedy,
    patienceMs: 0,
    routeOnly: false,
  };
}

function parseApp(body: string, headers: ResponseHeaders): Identity | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || value["version"] !== 1 || typeof value["status"] !== "string") return undefined;
  if (value["status"] !== "ok") {
    const message = `the app says its status is ${JSON.stringify(value["status"])}, not "ok"`;
    return { kind: "refusal", refusal: serverError(message) };
  }
  const app = { buildId: stringOrNull(value["buildId"]), modelId: stringOrNull(value["modelId"]) };
  return { kind: "app", app, warning: cacheWarning(headers) };
}

/** The app sends no-store: a cache that keeps its document all the same may show an older build. */
function cacheWarning(headers: ResponseHeaders): string | null {
  if (!isCached(headers)) return null;
  const age = ageSeconds(headers);
  return `a cache answered ${HEALTH_PATH}${age > 0 ? `, aged ${age} s` : ""}: it may be about an older build`;
}

function unreachableBecause({ error, status }: Exchange): Refusal {
  const cause = error === null ? "protocol" : causeOfError(error, status !== null);
  const known = isUnreachable(cause) ? cause : "protocol";
  const { sentence, remedy } = causes[known];
  const message = `${sentence} (${error?.message ?? "no status"})`;
  return { cause: known, message, hint: remedy, patienceMs: patience[known], routeOnly: false };
}

function isUnreachable(cause: string): cause is keyof typeof patience {
  return cause in patience;
}

function isProtected({ status, headers }: Exchange, page: string): boolean {
  return status === 401 || status === 403 || isLogin(headers, page);
}

/** Vercel's login comes as a redirect, as 401 with a cookie, and behind some proxies as a page with status 200. */
function isLogin(headers: ResponseHeaders, page: string): boolean {
  return isSingleSignOn(headers) || isLoginPage(page);
}

function protectedBy({ status, headers }: Exchange, page: string): Refusal {
  return {
    // A login page with status 200 is no sign that a secret would help: something else stands where the app should.
    cause: status === 200 ? "login-page" : "protected",
    message: `a login stands before the app (${describeStatus(status ?? 0, headers)} at ${HEALTH_PATH})`,
    hint: causes.protected.remedy,
    patienceMs: 0,
    routeOnly: !isLogin(headers, page),
  };
}

function sick({ status, headers }: Exchange): Refusal {
  return serverError(`the app answers ${describeStatus(status ?? 0, headers)} at ${HEALTH_PATH}`);
}

function serverError(message: string): Refusal {
  return {
    cause: "server-error",
    message,
    hint: causes["server-error"].remedy,
    patienceMs: CLEAR_NO_MS,
    routeOnly: true,
  };
}

function wrongApp({ status, headers }: Exchange): Refusal {
  const type = text(headers["content-type"]) || "no content type";
  const location = text(headers["location"]).split("?")[0];
  return {
    cause: "wrong-app",
    message: `no health document at ${HEALTH_PATH}: ${describeStatus(status ?? 0, headers)}, ${type}`,
    hint: location ? `it redirects to ${location}: check that URL` : causes["wrong-app"].remedy,
    patienceMs: 0,
    routeOnly: true,
  };
}

function stringOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
