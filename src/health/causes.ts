import { systemCode } from "../errors.ts";

/** What keeps an answer from coming, or from being whole. */
const unansweredCauses = ["dns", "refused", "tls", "reset", "timeout", "truncated", "protocol", "dropped"] as const;

/** What only an answer can show: however slow the measuring machine was, the app said this. */
const answeredCauses = [
  "protected",
  "redirect",
  "unauthorized",
  "not-found",
  "too-large",
  "too-many-requests",
  "server-error",
  "status",
  "assertion",
] as const;

/** Why one request counts as an error. */
export const errorCauses = [...unansweredCauses, ...answeredCauses] as const;

export type ErrorCause = (typeof errorCauses)[number];

/** Whether the app itself said so. */
export function wasAnswered(cause: ErrorCause): boolean {
  return answeredCauses.some((each) => each === cause);
}

/** Headers of a response, lower case, as undici gives them. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

const statusCauses: Readonly<Record<number, ErrorCause>> = {
  401: "unauthorized",
  403: "unauthorized",
  404: "not-found",
  413: "too-large",
  429: "too-many-requests",
};

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
  UND_ERR_SOCKET: "reset",
  ETIMEDOUT: "timeout",
  UND_ERR_CONNECT_TIMEOUT: "timeout",
  // This machine has no file or port left for another connection: the app was never asked.
  EMFILE: "dropped",
  ENFILE: "dropped",
  EADDRNOTAVAIL: "dropped",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "truncated",
};

/** OpenSSL's words for a certificate that does not hold, and Node's own; a handshake that fails is ERR_SSL_…. */
const TLS_CODE = /^ERR_(SSL|TLS)_|CERT|^UNABLE_TO_|_SIGNATURE_FAILURE$|^HOSTNAME_MISMATCH$|^EPROTO$/;

/** What a failed connection or exchange died of. `answered`: the response had started, so what is missing is its rest. */
export function causeOfError(error: Error, answered: boolean): ErrorCause {
  const code = systemCode(error) ?? "";
  if (TLS_CODE.test(code)) return "tls";
  const cause = systemCauses[code] ?? "protocol";
  return cause === "reset" && answered ? "truncated" : cause;
}

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

/** "HTTP 500 FUNCTION_INVOCATION_FAILED": the status, and the platform's own word for it when it sent one. */
export function describeStatus(status: number, headers: ResponseHeaders): string {
  return ["HTTP", status, text(headers["x-vercel-error"])].join(" ").trim();
}

/** A header's value; of several the first. */
export function text(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? "";
}
