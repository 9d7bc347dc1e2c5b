import type { IncomingMessage } from "node:http";

/** About one connection, not about the message (RFC 9110, 7.6.1). */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Raw headers (name, value, name, value, …) to send on: without those of the connection and those in `drop`. */
export function endToEnd(raw: readonly string[], drop: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? "";
    const lower = name.toLowerCase();
    if (!hopByHop.has(lower) && !drop.has(lower)) kept.push(name, raw[at + 1] ?? "");
  }
  return kept;
}

/** The raw headers that say where the body of a request ends, as far as `endToEnd` does not keep them. */
export function bodyHeaders(req: IncomingMessage): string[] {
  if (req.headers["transfer-encoding"] !== undefined) return ["transfer-encoding", "chunked"];
  const saysNothing = req.headers["content-length"] === undefined && req.method !== "GET" && req.method !== "HEAD";
  // Without it Node.js would send an empty chunked body.
  return saysNothing ? ["content-length", "0"] : [];
}
