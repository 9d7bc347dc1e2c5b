import { systemCode } from "../../errors.ts";
import type { ErrorCause } from "./causes.ts";
import { text, type ResponseHeaders } from "./headers.ts";

/** A limit of time passed; the request was aborted. */
export class DeadlineError extends Error {
  readonly phase: Extract<ErrorCause, `${string}timeout`>;

  constructor(phase: DeadlineError["phase"], message: string) {
    super(message);
    this.name = "DeadlineError";
    this.phase = phase;
  }
}

const systemCauses: Readonly<Record<string, ErrorCause>> = {
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  EAI_FAIL: "dns",
  ENODATA: "dns",
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "refused",
  ENETUNREACH: "refused",
  ECONNRESET: "reset",
  EPIPE: "reset",
  // undici: the other side closed (FIN).
  UND_ERR_SOCKET: "dropped",
  UND_ERR_CONNECT_TIMEOUT: "connect-timeout",
  // The kernel gave up: on connecting, or on an open connection whose other end is gone.
  ETIMEDOUT: "connect-timeout",
  // This machine has no file or port left for another connection: the app was never asked.
  EMFILE: "no-socket",
  ENFILE: "no-socket",
  EADDRNOTAVAIL: "no-socket",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "truncated",
};

/** OpenSSL's words for a certificate that does not hold, and Node's own; a handshake that fails is ERR_SSL_…. */
const TLS_CODE = /^ERR_(SSL|TLS)_|CERT|^UNABLE_TO_|_SIGNATURE_FAILURE$|^HOSTNAME_MISMATCH$|^EPROTO$/;

const breaksOff: ReadonlySet<ErrorCause> = new Set(["reset", "dropped", "connect-timeout"]);

/** What a failed connection or exchange died of. `answered`: the response had started, so what is missing is its rest. */
export function causeOfError(error: Error, answered: boolean): ErrorCause {
  if (error instanceof DeadlineError) return error.phase;
  const code = systemCode(error) ?? "";
  if (TLS_CODE.test(code)) return "tls";
  const cause = systemCauses[code] ?? "protocol";
  // undici has no code for a chunked answer whose last chunk never came, only for one that is malformed (HPE_…).
  const isCutChunks = code === "" && error.name === "HTTPParserError";
  return answered && (breaksOff.has(cause) || isCutChunks) ? "truncated" : cause;
}

const statusCauses: Readonly<Record<number, ErrorCause>> = {
  401: "unauthorized",
  403: "forbidden",
  404: "not-found",
  413: "too-large",
  429: "too-many-requests",
};

/** What a status that was not expected means. */
export function causeOfStatus(status: number, headers: ResponseHeaders): ErrorCause {
  if (isSingleSignOn(headers)) return "protected";
  if (status >= 300 && status < 400) return "redirect";
  return statusCauses[status] ?? (status >= 500 ? "server-error" : "status");
}

/** Vercel's Deployment Protection answers 302 to vercel.com/sso-api, or 401 with this cookie. */
export function isSingleSignOn(headers: ResponseHeaders): boolean {
  return /vercel\.com\/sso/.test(text(headers["location"])) || /_vercel_sso_nonce/.test(text(headers["set-cookie"]));
}

/** A page that asks who is there: Vercel's login, or any with a field for a password. */
export function isLoginPage(page: string): boolean {
  return /vercel\.com\/(sso|login)|<input[^>]+type=["']?password/i.test(page);
}

/** "HTTP 500 FUNCTION_INVOCATION_FAILED": the status, and the platform's own word for it when it sent one. */
export function describeStatus(status: number, headers: ResponseHeaders): string {
  return ["HTTP", status, text(headers["x-vercel-error"])].join(" ").trim();
}
