// create-edge-ai 0.1.0
import { HttpError } from "./http.ts";

const provider = "the model's provider";

/** What can go wrong at a target: what the caller is told when no other is left, and whether a second try there may help. */
const kinds = {
  upstream_rate_limited: {
    status: 429,
    isRetried: true,
    message: `${provider} has too many requests`,
  },
  upstream_unavailable: { status: 503, isRetried: true, message: `${provider} is overloaded` },
  upstream_error: { status: 502, isRetried: true, message: `${provider} failed` },
  upstream_unreachable: { status: 502, isRetried: true, message: `${provider} cannot be reached` },
  upstream_cut: { status: 502, isRetried: true, message: "the model's answer was cut off" },
  upstream_timeout: { status: 504, isRetried: false, message: "the model did not answer in time" },
  upstream_auth: { status: 502, isRetried: false, message: `${provider} refuses this app` },
  upstream_not_found: { status: 502, isRetried: false, message: `${provider} lacks the model` },
  upstream_bad_answer: { status: 502, isRetried: false, message: `${provider} sent no good answer` },
} as const;

export type FaultCode = keyof typeof kinds;

const codeOfStatus: Readonly<Record<number, FaultCode>> = {
  401: "upstream_auth",
  // No money left there.
  402: "upstream_auth",
  403: "upstream_auth",
  404: "upstream_not_found",
  408: "upstream_error",
  409: "upstream_error",
  425: "upstream_error",
  429: "upstream_rate_limited",
  503: "upstream_unavailable",
  // Anthropic's way to say "overloaded".
  529: "upstream_unavailable",
};

/** Why a target did not serve a call. Another one may; if there is none, this is what the caller is told. */
export class Fault extends HttpError {
  declare readonly code: FaultCode;
  /** A second try at the same target may help. */
  readonly isRetried: boolean;
  /** A status or a system code, for the log. Never the target's own words: they may quote the prompt, a key or a URL. */
  readonly detail: string;
  /** How long the target wants to be left alone; null when it did not say. */
  readonly retryAfterMs: number | null;

  constructor(code: FaultCode, detail = "", retryAfterMs: number | null = null) {
    const { status, message, isRetried } = kinds[code];
    super(status, code, message, retryAfterMs === null ? {} : { "retry-after": `${Math.ceil(retryAfterMs / 1_000)}` });
    this.isRetried = isRetried;
    this.detail = detail;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The fault that a status, other than 2xx, stands for. */
export function faultOfStatus(status: number, retryAfterMs: number | null): Fault {
  const code = codeOfStatus[status] ?? (status >= 500 ? "upstream_error" : "upstream_bad_answer");
  return new Fault(code, String(status), retryAfterMs);
}

/** For the `catch` of what the network can break. @throws Fault always: the one that ended it, or `code` with the system's reason */
export function brokenAs(code: FaultCode): (error: unknown) => never {
  return (error) => {
    if (error instanceof Fault) throw error;
    const { cause } = error instanceof Error ? error : {};
    throw new Fault(code, cause instanceof Error && "code" in cause ? String(cause.code) : "");
  };
}
