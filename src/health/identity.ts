import { causeOfError, describeStatus, isSingleSignOn, text, type ErrorCause, type ResponseHeaders } from "./causes.ts";
import type { Exchange } from "./exchange.ts";
import { isRecord } from "./expect.ts";
import { HEALTH_PATH } from "./probes.ts";

/** Who answers at a URL, from its health document. A version 1 document without an id has null there. */
export interface App {
  buildId: string | null;
  modelId: string | null;
}

/** Why a URL is not measured: it cannot be reached, or something else than the app answers. */
export type RefusalCause =
  | Extract<ErrorCause, "dns" | "refused" | "tls" | "reset" | "timeout" | "truncated" | "protocol">
  | "protected"
  | "login-page"
  | "wrong-app"
  | "wrong-build"
  | "server-error";

export interface Refusal {
  cause: RefusalCause;
  message: string;
  hint: string;
  /** It may yet get better: worth asking again until this long after the first try. */
  patienceMs: number;
  /** Only the health document's route says so: another route of the origin may be fine. */
  routeOnly: boolean;
}

export type Identity = { kind: "app"; app: App } | { kind: "refusal"; refusal: Refusal };

/**
 * A deployment that was just made can refuse, fail to resolve or answer 5xx for a moment; one that is not there does so
 * for ever. So a clear no is believed after 5 s; silence, which a slow cold start is too, only when the caller's own
 * limit is over. A bad certificate or somebody else's page does not heal.
 */
const CLEAR_NO_MS = 5_000;

const unreachable = {
  dns: ["its name does not resolve", "check the spelling of the URL", CLEAR_NO_MS],
  refused: ["nothing listens there", "check that the app runs and the port is right", CLEAR_NO_MS],
  tls: ["its TLS certificate or handshake is not valid", "use a certificate that Node trusts for this name", 0],
  reset: ["it closes the connection without an answer", "check that the app runs and speaks HTTP there", CLEAR_NO_MS],
  timeout: ["it does not answer in time", "check that the app runs, or raise --timeout", Infinity],
  truncated: ["its answer breaks off", "look into the app's logs", CLEAR_NO_MS],
  protocol: ["what answers does not speak HTTP/1.1", "check scheme and port of the URL", 0],
} as const;

/** Reads the answer to GET /api/health. */
export function readIdentity(result: Exchange): Identity {
  const { status, headers, error } = result;
  if (error !== null || status === null) return { kind: "refusal", refusal: unreachableBecause(result) };
  const page = result.body.toString("utf8");
  if (isProtected(result, page)) return { kind: "refusal", refusal: protectedBy(result, page) };
  if (status >= 500) return { kind: "refusal", refusal: sick(result) };
  const isJson = /^application\/([\w.+-]+\+)?json\b/i.test(text(headers["content-type"]));
  const app = status === 200 && isJson ? parseApp(page) : undefined;
  return app ?? { kind: "refusal", refusal: wrongApp(result) };
}

/** Does the app that answered have the build that was asked for? @returns the refusal if not */
export function wrongBuild(app: App | null, expected: string): Refusal | null {
  if (app?.buildId === expected) return null;
  return {
    cause: "wrong-build",
    message: `the build that answers is ${app?.buildId ?? "unknown"}, not ${expected}`,
    hint: "wait until the deployment is live, or check that this is its URL",
    patienceMs: 0,
    routeOnly: false,
  };
}

function parseApp(body: string): Identity | undefined {
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
  return { kind: "app", app: { buildId: stringOrNull(value["buildId"]), modelId: stringOrNull(value["modelId"]) } };
}

function unreachableBecause({ error, status }: Exchange): Refusal {
  const cause = error === null ? "protocol" : causeOfError(error, status !== null);
  const known = isUnreachable(cause) ? cause : "protocol";
  const [what, hint, patienceMs] = unreachable[known];
  return { cause: known, message: `${what} (${error?.message ?? "no status"})`, hint, patienceMs, routeOnly: false };
}

function isUnreachable(cause: ErrorCause): cause is keyof typeof unreachable {
  return cause in unreachable;
}

function isProtected({ status, headers }: Exchange, page: string): boolean {
  return status === 401 || status === 403 || isLogin(headers, page);
}

/** Vercel's login comes as a redirect, as 401 with a cookie, and behind some proxies as a page with status 200. */
function isLogin(headers: ResponseHeaders, page: string): boolean {
  return isSingleSignOn(headers) || /vercel\.com\/(sso|login)/.test(page);
}

function protectedBy({ status, headers }: Exchange, page: string): Refusal {
  return {
    // A login page with status 200 is no sign that a secret would help: something else stands where the app should.
    cause: status === 200 ? "login-page" : "protected",
    message: `a login stands before the app (${describeStatus(status ?? 0, headers)} at ${HEALTH_PATH})`,
    hint: "send the secret that lets automation through: --header 'x-vercel-protection-bypass: <secret>'",
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
    hint: "look into the app's logs",
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
    hint: location
      ? `it redirects to ${location}: check that URL`
      : "check the URL; a route of another app is checked with --path",
    patienceMs: 0,
    routeOnly: true,
  };
}

function stringOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
