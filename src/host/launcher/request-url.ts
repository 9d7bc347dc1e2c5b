import type { IncomingMessage } from "node:http";

/** The URL the client asked for; the host sets both headers. */
export function requestUrl(req: IncomingMessage): string {
  const { "x-forwarded-proto": proto = "https", "x-forwarded-host": host = req.headers.host } = req.headers;
  return `${String(proto)}://${String(host)}${req.url ?? "/"}`;
}
